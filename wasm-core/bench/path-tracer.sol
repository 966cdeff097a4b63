// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.0;

/// A path tracer in fixed point with six decimals: what an EVM interpreter does when a contract only computes. Same kind
/// of work as the well-known SnailTracer (which is GPL, so it is not here): signed 256-bit arithmetic, square roots by
/// Newton's method, structs in memory, the scene in storage.
contract PathTracer {
    int256 private constant ONE = 1e6;
    int256 private constant NEAR = 1000;
    int256 private constant DEPTH_MAX = 5;

    struct Vector {
        int256 x;
        int256 y;
        int256 z;
    }

    struct Ray {
        Vector origin;
        Vector direction;
    }

    struct Sphere {
        int256 radius;
        Vector centre;
        Vector light;
        Vector colour;
        bool mirror;
    }

    Sphere[] private scene;
    uint32 private seed;

    /// Sums the light of every pixel: one number that any wrong step would change.
    function render(int256 width, int256 height, int256 samples) external returns (int256 sum) {
        unchecked {
            build();
            for (int256 y = 0; y < height; y++) {
                for (int256 x = 0; x < width; x++) {
                    Vector memory colour = pixel(x, y, width, height, samples);
                    sum = sum * 31 + colour.x * 65_536 + colour.y * 256 + colour.z;
                    sum %= 1 << 128;
                }
            }
        }
    }

    function build() private {
        delete scene;
        seed = 1;
        Vector memory dark = Vector(0, 0, 0);
        Vector memory grey = Vector(750_000, 750_000, 750_000);
        // The walls of a room are spheres so large that they look flat.
        scene.push(Sphere(1e11, Vector(1e11 + 1e6, 40e6, 80e6), dark, Vector(750_000, 250_000, 250_000), false));
        scene.push(Sphere(1e11, Vector(-1e11 + 99e6, 40e6, 80e6), dark, Vector(250_000, 250_000, 750_000), false));
        scene.push(Sphere(1e11, Vector(50e6, 40e6, 1e11), dark, grey, false));
        scene.push(Sphere(1e11, Vector(50e6, 40e6, -1e11 + 170e6), dark, dark, false));
        scene.push(Sphere(1e11, Vector(50e6, 1e11, 80e6), dark, grey, false));
        scene.push(Sphere(1e11, Vector(50e6, -1e11 + 81_600_000, 80e6), dark, grey, false));
        scene.push(Sphere(16e6, Vector(27e6, 16e6, 47e6), dark, Vector(999_000, 999_000, 999_000), true));
        scene.push(Sphere(16e6, Vector(73e6, 16e6, 78e6), dark, Vector(900_000, 900_000, 500_000), false));
        scene.push(Sphere(600e6, Vector(50e6, 681e6, 81e6), Vector(12e6, 12e6, 12e6), dark, false));
    }

    function pixel(int256 x, int256 y, int256 width, int256 height, int256 samples)
        private
        returns (Vector memory sum)
    {
        unchecked {
            sum = Vector(0, 0, 0);
            for (int256 sample = 0; sample < samples; sample++) {
                int256 dx = ((2 * x - width) * ONE + random()) / width;
                int256 dy = ((height - 2 * y) * ONE + random()) / height;
                Vector memory direction = unit(Vector(dx / 2, dy / 2 - 42_612, -ONE));
                sum = add(sum, trace(Ray(Vector(50e6, 52e6, 165e6), direction), 0));
            }
            sum = Vector(clamped(sum.x / samples), clamped(sum.y / samples), clamped(sum.z / samples));
        }
    }

    function trace(Ray memory ray, int256 depth) private returns (Vector memory) {
        unchecked {
            (int256 distance, uint256 index) = nearest(ray);
            if (distance == 0) return Vector(0, 0, 0);
            Sphere memory sphere = scene[index];
            if (depth >= DEPTH_MAX || sphere.light.x > 0) return sphere.light;
            Vector memory hit = add(ray.origin, scaled(ray.direction, distance));
            Vector memory normal = unit(sub(hit, sphere.centre));
            int256 facing = dot(normal, ray.direction);
            if (facing > 0) normal = scaled(normal, -ONE);
            Vector memory direction = sphere.mirror
                ? sub(ray.direction, scaled(normal, (2 * dot(normal, ray.direction))))
                : scattered(normal);
            Vector memory incoming = trace(Ray(hit, unit(direction)), depth + 1);
            return add(
                sphere.light,
                Vector(
                    incoming.x * sphere.colour.x / ONE,
                    incoming.y * sphere.colour.y / ONE,
                    incoming.z * sphere.colour.z / ONE
                )
            );
        }
    }

    function nearest(Ray memory ray) private view returns (int256 distance, uint256 index) {
        unchecked {
            for (uint256 at = 0; at < scene.length; at++) {
                int256 found = meets(scene[at], ray);
                if (found > 0 && (distance == 0 || found < distance)) (distance, index) = (found, at);
            }
        }
    }

    function meets(Sphere memory sphere, Ray memory ray) private pure returns (int256) {
        unchecked {
            Vector memory towards = sub(sphere.centre, ray.origin);
            int256 along = dot(towards, ray.direction);
            // Six more decimals under the root.
            int256 under = along * along - inner(towards, towards) + sphere.radius * sphere.radius;
            if (under < 0) return 0;
            int256 half = root(under);
            if (along - half > NEAR) return along - half;
            if (along + half > NEAR) return along + half;
            return 0;
        }
    }

    /// Any direction on the side of the normal.
    function scattered(Vector memory normal) private returns (Vector memory) {
        unchecked {
            Vector memory any = Vector(random() * 2 - ONE, random() * 2 - ONE, random() * 2 - ONE);
            return add(scaled(normal, ONE + NEAR), scaled(unit(any), ONE));
        }
    }

    /// A linear congruence below ONE.
    function random() private returns (int256) {
        unchecked {
            seed = seed * 1_103_515_245 + 12_345;
            return int256(uint256(seed)) % ONE;
        }
    }

    function unit(Vector memory a) private pure returns (Vector memory) {
        unchecked {
            int256 length = root(inner(a, a));
            if (length == 0) return Vector(0, 0, ONE);
            return Vector(a.x * ONE / length, a.y * ONE / length, a.z * ONE / length);
        }
    }

    function root(int256 a) private pure returns (int256 y) {
        unchecked {
            int256 z = (a + 1) / 2;
            y = a;
            while (z < y) (y, z) = (z, (a / z + z) / 2);
        }
    }

    function add(Vector memory a, Vector memory b) private pure returns (Vector memory) {
        unchecked {
            return Vector(a.x + b.x, a.y + b.y, a.z + b.z);
        }
    }

    function sub(Vector memory a, Vector memory b) private pure returns (Vector memory) {
        unchecked {
            return Vector(a.x - b.x, a.y - b.y, a.z - b.z);
        }
    }

    function scaled(Vector memory a, int256 by) private pure returns (Vector memory) {
        unchecked {
            return Vector(a.x * by / ONE, a.y * by / ONE, a.z * by / ONE);
        }
    }

    function dot(Vector memory a, Vector memory b) private pure returns (int256) {
        unchecked {
            return inner(a, b) / ONE;
        }
    }

    function inner(Vector memory a, Vector memory b) private pure returns (int256) {
        unchecked {
            return a.x * b.x + a.y * b.y + a.z * b.z;
        }
    }

    function clamped(int256 a) private pure returns (int256) {
        return a > ONE ? ONE : a;
    }
}
