using Portolan.Transport;

namespace Portolan.Lab.Services;

/// <summary>The chance of one connection or datagram: from the host's seed and the socket pair, so that a run repeats.</summary>
internal static class ServiceChance
{
    /// <summary>Numbers for a call.</summary>
    internal static KeyedRandom Of(ServiceCall call)
    {
        var remote = InternetAddress.From(call.Remote.Address);
        return new KeyedRandom(
            call.Host.Seed ^ ((ulong)call.Local.Port << 48) ^ ((ulong)call.Remote.Port << 32) ^ remote.LowerBits ^ (remote.UpperBits << 1));
    }

    /// <summary>Fills bytes.</summary>
    internal static void Fill(this KeyedRandom chance, Span<byte> bytes)
    {
        Span<byte> next = stackalloc byte[sizeof(ulong)];
        while (!bytes.IsEmpty)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(next, chance.Next());
            var count = Math.Min(bytes.Length, next.Length);
            next[..count].CopyTo(bytes);
            bytes = bytes[count..];
        }
    }
}
