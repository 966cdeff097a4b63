import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  // Relative addresses: the page also works below a path.
  base: './',
  worker: { format: 'es' },
  build: { target: 'es2024', chunkSizeWarningLimit: 2048 },
})
