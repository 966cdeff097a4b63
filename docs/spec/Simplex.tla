------------------------------ MODULE Simplex ------------------------------
(***************************************************************************)
(* Cairn's weighted Simplex, rules R1-R7, and of R10 that votes survive a   *)
(* crash and nothing else does. README.md maps every action to its file.   *)
(*                                                                         *)
(* The network is what honest validators have signed: a signed vote may be *)
(* delivered to anybody at any time or never, so a guard asks whether a    *)
(* certificate CAN be made, and a validator that has not received it is    *)
(* one that does not act. Timers are left out: a timeout may fire whenever *)
(* its rule allows it. Byzantine validators have signed every vote of every*)
(* kind for every block, always: their weight counts in every tally.       *)
(*                                                                         *)
(* A block is its chain: the sequence of <<view, variant>> from genesis_e, *)
(* which is << >>. "Extends" is "has as prefix".                           *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  Honest,      \* validators that follow the rules
  Weight,      \* function: Honest -> weight
  Byzantine,   \* weight of all that do not, together
  Quorums,     \* sets of honest validators that make a certificate with all Byzantine ones; see QuorumsAreRight
  MaxView,     \* bound: views 1..MaxView
  Variants,    \* different blocks that one leader can make on one parent
  Leader,      \* sequence: the leader of each view; whoever is not in Honest is Byzantine
  Volatile,    \* TRUE: the view and the log of each validator are kept, and it may crash;
               \* FALSE: a validator may be in any view that has an entry proof, as if it crashed at will
  Staged,      \* TRUE: votes in the order of their views; README.md says why that loses no state
  Mutant       \* "none", or the rule that is broken on purpose

Views == 1..MaxView
Genesis == << >>

VARIABLES
  view,   \* validator -> the view it is in; 0 after a crash (R1)
  head,   \* validator -> its newest committed block (R7)
  sN,     \* validator -> view -> set of blocks it has signed notarize for: at most one
  sX,     \* validator -> views it has signed nullify in
  sF,     \* validator -> view -> set of blocks it has signed finalize for: at most one
  stage   \* Staged: the view in which votes are signed now

vars == << view, head, sN, sX, sF, stage >>

---------------------------------------------------------------------------
(* Weights, quorum, R6 *)

RECURSIVE WeightOf(_)
WeightOf(S) == IF S = {} THEN 0 ELSE LET i == CHOOSE i \in S : TRUE IN Weight[i] + WeightOf(S \ {i})

Total == WeightOf(Honest) + Byzantine
Quorum == IF Mutant = "weak-quorum" THEN Total \div 2 ELSE ((2 * Total) \div 3) + 1

\* A constant, because a checker would count it anew in every state.
QuorumsAreRight == Quorums = { S \in SUBSET Honest : WeightOf(S) + Byzantine >= Quorum }

\* Less than a third of the weight is Byzantine.
ByzantineIsBounded == 3 * Byzantine < Total

ASSUME QuorumsAreRight /\ ByzantineIsBounded
ASSUME Mutant \in {"none", "weak-quorum", "finalize-after-nullify", "nullify-after-finalize",
                   "gap-check-missing", "notarize-twice"}

ViewOf(b) == IF b = Genesis THEN 0 ELSE b[Len(b)][1]
Parent(b) == SubSeq(b, 1, Len(b) - 1)

IsNotarized(b) == { i \in Honest : b \in sN[i][ViewOf(b)] } \in Quorums
IsFinalized(b) == { i \in Honest : b \in sF[i][ViewOf(b)] } \in Quorums
IsNullified(v) == { i \in Honest : v \in sX[i] } \in Quorums

\* Byzantine weight alone is no quorum, so every certified block has an honest vote.
Notarized(v) == { b \in UNION { sN[i][v] : i \in Honest } : IsNotarized(b) }
Finalized(v) == { b \in UNION { sF[i][v] : i \in Honest } : IsFinalized(b) }
AllFinalized == UNION { Finalized(v) : v \in Views }

---------------------------------------------------------------------------
(* R1: entry proofs *)

\* Notarized blocks and genesis below v. A finalized block is notarized: InvFinalizedIsNotarized.
Below(v) == {Genesis} \union UNION { Notarized(u) : u \in 1..(v - 1) }

IsGapNullified(from, to) == \A u \in (from + 1)..(to - 1) : IsNullified(u)

\* Parents that a proposal of view v may name: justified, every view between is nullified.
Bases(v) == { b \in Below(v) : IsGapNullified(ViewOf(b), v) }

HasEntryProof(v) == Bases(v) /= {}

Enter(i, v) ==
  /\ Volatile
  /\ v > view[i]
  /\ HasEntryProof(v)
  /\ view' = [view EXCEPT ![i] = v]
  /\ UNCHANGED << head, sN, sX, sF, stage >>

MaySign(v) == ~Staged \/ stage = v
InView(i, v) == IF Volatile THEN view[i] = v ELSE HasEntryProof(v)

---------------------------------------------------------------------------
(* R2: an honest leader makes one block on a base it knows; its notarize vote is its proposal *)

Children(parents, v) == { Append(p, << v, k >>) : p \in parents, k \in Variants }

Propose(i, v) ==
  /\ Leader[v] = i
  /\ MaySign(v)
  /\ sN[i][v] = {}
  /\ InView(i, v)
  /\ \E b \in Children(Bases(v), v) : sN' = [sN EXCEPT ![i][v] = {b}]
  /\ UNCHANGED << view, head, sX, sF, stage >>

---------------------------------------------------------------------------
(* R3: notarize the first justified proposal of the view; allowed after an own nullify *)

\* What R3 accepts as a parent.
Parents(v) == IF Mutant = "gap-check-missing" THEN Below(v) ELSE Bases(v)

Proposals(v) ==
  LET acceptable == Children(Parents(v), v)
  IN IF Leader[v] \in Honest THEN sN[Leader[v]][v] \intersect acceptable ELSE acceptable

Notarize(i, v) ==
  /\ Leader[v] /= i
  /\ MaySign(v)
  /\ sN[i][v] = {} \/ Mutant = "notarize-twice"
  /\ InView(i, v)
  /\ \E b \in Proposals(v) \ sN[i][v] : sN' = [sN EXCEPT ![i][v] = @ \union {b}]
  /\ UNCHANGED << view, head, sX, sF, stage >>

---------------------------------------------------------------------------
(* R4: finalize a notarized block of any view, unless nullified by us *)

Finalize(i, v) ==
  /\ MaySign(v)
  /\ sF[i][v] = {}
  /\ v \notin sX[i] \/ Mutant = "finalize-after-nullify"
  /\ \E b \in Notarized(v) : sF' = [sF EXCEPT ![i][v] = {b}]
  /\ UNCHANGED << view, head, sN, sX, stage >>

---------------------------------------------------------------------------
(* R5: give the current view up, unless finalized by us *)

Nullify(i, v) ==
  /\ MaySign(v)
  /\ v \notin sX[i]
  /\ sF[i][v] = {} \/ Mutant = "nullify-after-finalize"
  /\ InView(i, v)
  /\ sX' = [sX EXCEPT ![i] = @ \union {v}]
  /\ UNCHANGED << view, head, sN, sF, stage >>

---------------------------------------------------------------------------
(* R7: commit a finalized block with its ancestors *)

IsPrefix(a, b) == Len(a) <= Len(b) /\ SubSeq(b, 1, Len(a)) = a

Commit(i) ==
  /\ Volatile
  /\ \E b \in AllFinalized :
       /\ ViewOf(b) > ViewOf(head[i])
       /\ IsPrefix(head[i], b)
       /\ head' = [head EXCEPT ![i] = b]
  /\ UNCHANGED << view, sN, sX, sF, stage >>

---------------------------------------------------------------------------
(* R10: a crash takes the view; head and own votes were durable before they showed *)

Crash(i) ==
  /\ Volatile
  /\ view[i] /= 0
  /\ view' = [view EXCEPT ![i] = 0]
  /\ UNCHANGED << head, sN, sX, sF, stage >>

NextStage ==
  /\ Staged
  /\ stage < MaxView
  /\ stage' = stage + 1
  /\ UNCHANGED << view, head, sN, sX, sF >>

---------------------------------------------------------------------------

Init ==
  /\ view = [i \in Honest |-> 0]
  /\ head = [i \in Honest |-> Genesis]
  /\ sN = [i \in Honest |-> [v \in Views |-> {}]]
  /\ sX = [i \in Honest |-> {}]
  /\ sF = [i \in Honest |-> [v \in Views |-> {}]]
  /\ stage = 1

Next ==
  \/ NextStage
  \/ \E i \in Honest : Commit(i) \/ Crash(i)
  \/ \E v \in Views : \E i \in Honest :
       Enter(i, v) \/ Propose(i, v) \/ Notarize(i, v) \/ Finalize(i, v) \/ Nullify(i, v)

Spec == Init /\ [][Next]_vars

\* Of the views that are done only certificates matter to what follows.
StagedView ==
  << stage,
     [v \in 1..(stage - 1) |-> << Notarized(v), Finalized(v), IsNullified(v) >>],
     [i \in Honest |-> << sN[i][stage], sF[i][stage], stage \in sX[i] >>] >>

---------------------------------------------------------------------------
(* What must hold in every reachable state *)

Compatible(a, b) == IsPrefix(a, b) \/ IsPrefix(b, a)

\* Two finalized blocks are on one chain: whoever commits them, in whatever order, commits one log.
InvAgreement == LET final == AllFinalized IN \A a, b \in final : Compatible(a, b)

InvOneNotarization == \A v \in Views : Cardinality(Notarized(v)) <= 1

\* F => N: nobody can be asked to build on a final block that is not notarized.
InvFinalizedIsNotarized == \A b \in AllFinalized : IsNotarized(b)

InvNotFinalizedAndNullified == \A v \in Views : IsNullified(v) => Finalized(v) = {}

\* A notarized block of a later view has every finalized block among its ancestors.
InvNoSkip ==
  \A f \in AllFinalized : \A v \in (ViewOf(f) + 1)..MaxView : \A b \in Notarized(v) : IsPrefix(f, b)

\* R10: the honest sign nothing slashable. A mutant of the signer breaks it at once, so those are not asked.
InvNothingSlashable ==
  \A i \in Honest : \A v \in Views :
    /\ Cardinality(sN[i][v]) <= 1
    /\ Cardinality(sF[i][v]) <= 1
    /\ ~(v \in sX[i] /\ sF[i][v] /= {})

\* R7 never halts: what is finalized continues every committed log.
InvNoConflictWithLog == \A i \in Honest : \A b \in AllFinalized : Compatible(head[i], b)
=============================================================================
