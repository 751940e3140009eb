using System.Net.Sockets;

namespace Portolan.Lab.Running.Places;

/// <summary>Options of the kernel's sockets as programs set them; the framework's own names for them stand for several at once.</summary>
internal static class KernelSockets
{
    // asm-generic/socket.h
    private const int SocketLevel = 1;
    private const int ReuseAddress = 2;
    private const int ReusePort = 15;

    /// <summary>SO_REUSEADDR: the port may be in TIME-WAIT, or have other connections.</summary>
    internal static void AllowReuse(Socket socket) => Set(socket, ReuseAddress);

    /// <summary>SO_REUSEPORT: several sockets of one user listen at the port.</summary>
    internal static void SharePort(Socket socket) => Set(socket, ReusePort);

    private static void Set(Socket socket, int option) => socket.SetRawSocketOption(SocketLevel, option, BitConverter.GetBytes(1));
}
