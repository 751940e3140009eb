namespace Portolan.Transport.Buffers;

/// <summary>
/// The right to one buffer of a <see cref="PacketPool"/>. The holder owns the buffer and gives it back once; after that the handle,
/// and every copy of it, is dead for ever, and the pool finds its use.
/// </summary>
/// <param name="Place">Slab (upper 16 bits) and slot (lower 16 bits).</param>
/// <param name="Generation">How often the slot was taken and given back; odd while it is out. 0 is not a handle.</param>
internal readonly record struct PacketHandle(uint Place, uint Generation)
{
    /// <summary>No buffer.</summary>
    public static PacketHandle None => default;

    /// <summary>Whether it is not a handle at all.</summary>
    public bool IsNone => Generation == 0;

    internal int Slab => (int)(Place >> 16);

    internal int Slot => (int)(Place & 0xffff);
}

/// <summary>A handle was used after its buffer was given back, or given back twice: a defect of the caller.</summary>
internal sealed class PacketHandleException : InvalidOperationException
{
    /// <summary>For serializers and tests.</summary>
    public PacketHandleException()
    {
    }

    /// <summary>With a message.</summary>
    public PacketHandleException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public PacketHandleException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
