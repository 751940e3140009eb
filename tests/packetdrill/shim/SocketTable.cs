using System.Runtime.InteropServices;

namespace Portolan.Packetdrill;

/// <summary>
/// Sockets by their descriptors. Each number is a real descriptor's, of nothing, so that it means no other file and packetdrill may close
/// it.
/// </summary>
internal sealed partial class SocketTable
{
    private const int ReadWrite = 2;

    private readonly Dictionary<int, TcpSocket> _sockets = [];

    internal int Add(TcpSocket socket)
    {
        var descriptor = Open("/dev/null", ReadWrite);
        _sockets[descriptor] = socket;
        return descriptor;
    }

    internal TcpSocket? Find(int descriptor) => _sockets.GetValueOrDefault(descriptor);

    /// <summary>What <c>sockstat</c> calls the states of all; those in TIME-WAIT rest without a socket.</summary>
    internal IEnumerable<string> States() => _sockets.Values.Select(s => s.StateName).OfType<string>();

    internal void Remove(int descriptor)
    {
        if (_sockets.Remove(descriptor))
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
