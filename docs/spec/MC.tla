--------------------------------- MODULE MC ---------------------------------
(* Sizes that a checker gets through. The .cfg files choose among them. *)
EXTENDS Simplex, TLC

CONSTANTS a, b, c, k1, k2, byz, Light

\* n = 4, equal weights: W = 4, q = 3, one Byzantine.
EqualWeights == a :> 1 @@ b :> 1 @@ c :> 1

\* n = 4, weights 3, 2, 1, 1: W = 7, q = 5, the one of weight 2 is Byzantine.
MixedWeights == a :> 3 @@ b :> 1 @@ c :> 1

\* n = 3, weights 2, 2, 1: W = 5, q = 4.
PairWeights == a :> 2 @@ b :> 2

ByzantineLeads == << byz, byz, byz, byz, byz >>
HonestLeadsSecond == << byz, a, byz, b, byz >>

\* For TLC: SYMMETRY Symmetry in equal.cfg, unstaged.cfg and crashes.cfg.
Symmetry == Permutations(Honest) \union Permutations(Variants)
=============================================================================
