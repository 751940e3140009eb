using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>Which socket a frame leaves through, and the address to give with it.</summary>
internal abstract unsafe class FrameDestination : IDisposable
{
    /// <summary>Room for the address of one frame: the largest is <c>struct sockaddr_in6</c>, 28 bytes.</summary>
    internal const int AddressRoom = 32;

    /// <summary>Whether all frames leave through one socket that is bound, so that none needs an address.</summary>
    internal abstract bool IsBound { get; }

    /// <summary>The socket of a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="address">Gets the address; <see cref="AddressRoom"/> zeroed bytes.</param>
    /// <param name="addressLength">Bytes of the address; 0 for none.</param>
    internal abstract int Choose(ReadOnlySpan<byte> frame, byte* address, out uint addressLength);

    /// <summary>What an error number of a send means.</summary>
    internal virtual SendFailure Explain(int errno) => SendFailures.Of(errno);

    /// <inheritdoc/>
    public abstract void Dispose();
}
