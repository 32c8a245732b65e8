import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

/** Writes a .gz beside every asset worth it, which the gateway sends to browsers that accept it. */
const compressed = {
  name: 'compressed-assets',
  apply: 'build',
  writeBundle({ dir }) {
    const assets = join(dir, 'assets');
    for (const name of readdirSync(assets).filter((file) => /\.(js|css|ttf)$/.test(file))) {
      const content = readFileSync(join(assets, name));
      if (content.length > 1024) writeFileSync(join(assets, `${name}.gz`), gzipSync(content));
    }
  },
};

const gateway = process.env.GATEWAY_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/graphiql/',
  build: {
    target: 'es2022',
    // Monaco alone is larger than the default limit, and this page is not on anybody's critical path.
    chunkSizeWarningLimit: 4096,
    // What Vite would inline as data: URLs, the content security policy would have to allow.
    assetsInlineLimit: 0,
    // The licences of all that is bundled travel with it.
    license: { fileName: 'licences.md' },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // 'use client' and the like address frameworks that render on servers: here they mean nothing.
      onLog: (level, log, pass) => log.code === 'MODULE_LEVEL_DIRECTIVE' || pass(level, log),
    },
  },
  plugins: [compressed],
  server: { proxy: { '/graphql': gateway, '/demo': gateway } },
});
