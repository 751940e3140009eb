using System.Numerics;
using System.Runtime.CompilerServices;

namespace Portolan.Packets;

/// <summary>SipHash-2-4: a short keyed hash that cannot be guessed without the key (Aumasson and Bernstein, INDOCRYPT 2012).</summary>
/// <param name="Key0">The key's first 8 bytes, little-endian.</param>
/// <param name="Key1">The key's last 8 bytes, little-endian.</param>
public readonly record struct SipHash(ulong Key0, ulong Key1)
{
    /// <summary>A key drawn from a seed by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).</summary>
    public static SipHash FromSeed(ulong seed) => new(Draw(seed, 1), Draw(seed, 2));

    /// <summary>The hash of whole 8-byte words, each little-endian.</summary>
    public ulong Of(ReadOnlySpan<ulong> words)
    {
        var state = new State(Key0, Key1);
        foreach (var word in words)
        {
            state.Take(word);
        }

        return state.Finish((ulong)words.Length * sizeof(ulong));
    }

    /// <summary>SipHash-1-3 of whole words: fewer rounds, for hash tables that a peer must not be able to fill with collisions.</summary>
    public ulong QuickOf(ReadOnlySpan<ulong> words)
    {
        var state = new State(Key0, Key1);
        foreach (var word in words)
        {
            state.TakeQuick(word);
        }

        return state.FinishQuick((ulong)words.Length * sizeof(ulong));
    }

    /// <summary>SipHash-1-3 of two words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong QuickOf(ulong first, ulong second)
    {
        var state = new State(Key0, Key1);
        state.TakeQuick(first);
        state.TakeQuick(second);
        return state.FinishQuick(2 * sizeof(ulong));
    }

    /// <summary>The hash of two words.</summary>
    public ulong Of(ulong first, ulong second)
    {
        var state = new State(Key0, Key1);
        state.Take(first);
        state.Take(second);
        return state.Finish(2 * sizeof(ulong));
    }

    private static ulong Draw(ulong seed, ulong number)
    {
        var z = seed + (number * 0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)) * 0xbf58_476d_1ce4_e5b9;
        z = (z ^ (z >> 27)) * 0x94d0_49bb_1331_11eb;
        return z ^ (z >> 31);
    }

    private struct State(ulong key0, ulong key1)
    {
        private ulong _v0 = key0 ^ 0x736f6d6570736575;
        private ulong _v1 = key1 ^ 0x646f72616e646f6d;
        private ulong _v2 = key0 ^ 0x6c7967656e657261;
        private ulong _v3 = key1 ^ 0x7465646279746573;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take(ulong word)
        {
            _v3 ^= word;
            Round();
            Round();
            _v0 ^= word;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void TakeQuick(ulong word)
        {
            _v3 ^= word;
            Round();
            _v0 ^= word;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ulong FinishQuick(ulong length)
        {
            TakeQuick(length << 56);
            _v2 ^= 0xff;
            Round();
            Round();
            Round();
            return _v0 ^ _v1 ^ _v2 ^ _v3;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ulong Finish(ulong length)
        {
            Take(length << 56);
            _v2 ^= 0xff;
            Round();
            Round();
            Round();
            Round();
            return _v0 ^ _v1 ^ _v2 ^ _v3;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Round()
        {
            _v0 += _v1;
            _v1 = BitOperations.RotateLeft(_v1, 13) ^ _v0;
            _v0 = BitOperations.RotateLeft(_v0, 32);
            _v2 += _v3;
            _v3 = BitOperations.RotateLeft(_v3, 16) ^ _v2;
            _v0 += _v3;
            _v3 = BitOperations.RotateLeft(_v3, 21) ^ _v0;
            _v2 += _v1;
            _v1 = BitOperations.RotateLeft(_v1, 17) ^ _v2;
            _v2 = BitOperations.RotateLeft(_v2, 32);
        }
    }
}
