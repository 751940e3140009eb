namespace Portolan.Sockets;

/// <summary>Reads the sockets of a machine: the kernel's, or a recording.</summary>
public interface ISocketSource
{
    /// <summary>
    /// Reads what <paramref name="query"/> asks for. What cannot be read is named in <see cref="SocketSnapshot.Missing"/>.
    /// </summary>
    SocketSnapshot Read(SocketQuery query, CancellationToken cancellationToken);
}
