using System.Text;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Scratch;

/// <summary>Whether an interface of the caller's namespace is up (SIOCGIFFLAGS, netdevice(7)).</summary>
internal static unsafe class InterfaceState
{
    private const int NameSize = 16;
    private const int RequestSize = 40;
    private const int Up = 1;

    internal static bool IsUp(string name)
    {
        var request = stackalloc byte[RequestSize];
        new Span<byte>(request, RequestSize).Clear();
        var bytes = Encoding.UTF8.GetBytes(name);
        bytes.AsSpan(0, Math.Min(bytes.Length, NameSize - 1)).CopyTo(new Span<byte>(request, NameSize));
        using var socket = Libc.socket(Libc.AF_INET, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, 0);
        return !socket.IsInvalid && Libc.ioctl_bytes(socket, Libc.SIOCGIFFLAGS, request) == 0 && (*(short*)(request + NameSize) & Up) != 0;
    }
}
