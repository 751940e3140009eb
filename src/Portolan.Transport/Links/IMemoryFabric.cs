namespace Portolan.Transport.Links;

/// <summary>What links in memory are connected by.</summary>
internal interface IMemoryFabric
{
    /// <summary>Carries a frame from one of its links to others.</summary>
    void Carry(MemoryLink from, ReadOnlySpan<byte> frame, long timestamp);

    /// <summary>How many frames of a link it takes now.</summary>
    int FreeFor(MemoryLink from);

    /// <summary>Takes a link off.</summary>
    void Remove(MemoryLink link);
}
