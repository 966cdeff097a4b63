/**
 * Dead code: files nobody imports, exports nobody uses, dependencies nobody needs. What starts by itself (scripts,
 * workers, tests, apps) is an entry. A pattern that matches nothing is a hint, and hints are errors, so each
 * workspace lists only the patterns it has files for.
 */
import { globSync } from 'node:fs'
import type { KnipConfig } from 'knip'

const rootFolders = ['scripts', 'e2e', '.config']
const workspaceFolders = globSync(['packages/*', 'apps/*', 'wasm-core'])

const config: KnipConfig = {
  workspaces: {
    '.': {
      entry: present('.', [
        'scripts/*.{ts,mjs}',
        'e2e/**/*.{test,spec}.ts',
        'e2e/chaos/main.ts',
        'e2e/kit/{failing,playwright.config}.ts',
        '.config/*.ts',
      ]),
      project: present('.', [...rootFolders.map((folder) => `${folder}/**/*.{ts,mjs}`), '*.ts']),
    },
    ...Object.fromEntries(
      workspaceFolders.map((folder) => [
        folder,
        {
          entry: present(folder, [
            'src/{main,worker,*-main,*-worker}.{ts,tsx}',
            'src/**/*-{main,worker}.ts',
            'src/**/*-preload.mjs',
            'test/**/*.test.ts',
            // Programs that a test starts as a process of its own.
            'test/**/*-writer.ts',
            'test/**/*-process.ts',
            // Loaded in place of another module by a test page's bundler.
            'test/chromium/page-*.ts',
            '{bench,conformance}/**/*.ts',
            'build.ts',
            'differential/*-{main,page}.ts',
          ]),
          project: present(folder, ['{src,test,bench,conformance,differential}/**/*.{ts,tsx}', '*.ts']),
        },
      ]),
    ),
  },
  // Tools that are started by their path, or by another tool, not imported; of `preact` the root names the JSX import source.
  ignoreDependencies: ['@typescript/native', 'oxfmt', 'oxlint', 'oxlint-tsgolint', 'preact'],
  ignoreBinaries: ['apt-get', 'mount', 'umount'],
}

export default config

function present(folder: string, patterns: readonly string[]): string[] {
  return patterns.filter((pattern) => globSync(`${folder}/${pattern}`).length > 0)
}
