using Portolan.Lab.Running.Time;
using Portolan.Packets;
using Portolan.Transport.Buffers;
using Portolan.Transport.Reassembly;

namespace Portolan.Lab.Running.Wire;

/// <summary>
/// What all that put fragments together in a lab have in common: memory that is bounded for them all, and room for one whole packet.
/// </summary>
/// <remarks>The lab's thread.</remarks>
internal sealed class FragmentMemory(LabLoop loop, FramePool frames, ulong seed)
{
    private const long Limit = 64L << 20;

    private PacketPool? _pool;
    private byte[]? _whole;

    internal LabLoop Loop => loop;

    internal FramePool Frames => frames;

    internal SipHash Hash { get; } = SipHash.FromSeed(seed);

    internal PacketPool Pool => _pool ??= new PacketPool(new PacketPoolOptions { MemoryLimit = Limit });

    /// <summary>The packet that was put together last.</summary>
    internal Span<byte> Whole => _whole ??= new byte[FragmentReassembler.MaxLength];
}
