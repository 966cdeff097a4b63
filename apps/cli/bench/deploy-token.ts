/** The ERC-20 of the throughput benchmark: compiled from Solidity, deployed by a funded account. */
import { type Hex, createPublicClient, createWalletClient, defineChain, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import solc from 'solc'

const SOURCE = `// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;
contract Token {
  event Transfer(address indexed from, address indexed to, uint256 value);
  mapping(address => uint256) public balanceOf;
  constructor() { balanceOf[msg.sender] = type(uint128).max; }
  function transfer(address to, uint256 value) external returns (bool) {
    require(balanceOf[msg.sender] >= value, "balance");
    unchecked { balanceOf[msg.sender] -= value; balanceOf[to] += value; }
    emit Transfer(msg.sender, to, value);
    return true;
  }
}`

/** Address of the token; the deployer holds the whole supply. */
export async function deployToken(rpcUrl: string, chainId: number, deployerKey: Hex): Promise<Hex> {
  const chain = defineChain({
    id: chainId,
    name: 'local',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  })
  const account = privateKeyToAccount(deployerKey)
  const wallet = createWalletClient({ account, chain, transport: http() })
  const hash = await wallet.deployContract({ abi: [], bytecode: compileToken() })
  const receipt = await createPublicClient({ chain, transport: http() }).waitForTransactionReceipt({
    hash,
    pollingInterval: 50,
  })
  if (!receipt.contractAddress) throw new Error('the token was not deployed')
  return receipt.contractAddress
}

function compileToken(): Hex {
  const input = {
    language: 'Solidity',
    sources: { 'token.sol': { content: SOURCE } },
    settings: { optimizer: { enabled: true, runs: 1_000 }, outputSelection: { '*': { '*': ['evm.bytecode.object'] } } },
  }
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as {
    readonly contracts?: Record<
      string,
      Record<string, { readonly evm: { readonly bytecode: { readonly object: string } } }>
    >
  }
  const bytecode = output.contracts?.['token.sol']?.['Token']?.evm.bytecode.object
  if (bytecode === undefined) throw new Error('the token does not compile')
  return `0x${bytecode}`
}
