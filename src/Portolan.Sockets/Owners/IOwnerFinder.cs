namespace Portolan.Sockets.Owners;

/// <summary>Finds the processes that hold sockets: through the kernel's BPF iterator, or by walking /proc.</summary>
public interface IOwnerFinder
{
    /// <summary>Finds every holder of the sockets in <paramref name="inodes"/> (sorted, distinct; never 0).</summary>
    OwnerMap Find(ReadOnlyMemory<uint> inodes, CancellationToken cancellationToken);
}
