using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Portolan.Kernel.Tests.Support;

/// <summary>Sockets of protocols that .NET has no name for.</summary>
internal static partial class NativeSocket
{
    internal const int IPv4 = 2;
    internal const int IPv6 = 10;
    internal const int PacketFamily = 17;
    internal const int Stream = 1;
    internal const int Datagram = 2;
    internal const int Raw = 3;
    internal const int UdpLite = 136;
    internal const int Mptcp = 262;

    /// <summary>Else every child that another test starts meanwhile would keep the socket, and its port, until the child ends.</summary>
    private const int CloseOnExec = 0x80000;

    /// <summary>Opens one; skips the test where the kernel has no such protocol.</summary>
    internal static Socket Open(int family, int type, int protocol)
    {
        var descriptor = socket(family, type | CloseOnExec, protocol);
        if (descriptor < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            Assert.Skip(
                $"this kernel gives no socket of family {family}, type {type}, protocol {protocol}: {new Win32Exception(error).Message}");
        }

        return new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
    }

    /// <summary>Binds a packet socket to an interface and EtherType.</summary>
    internal static void BindPacket(Socket packet, int interfaceIndex, ushort etherType)
    {
        // struct sockaddr_ll (linux/if_packet.h): family, protocol in network order, interface, the rest 0.
        var address = new byte[20];
        MemoryMarshal.Write(address, (ushort)PacketFamily);
        address[2] = (byte)(etherType >> 8);
        address[3] = (byte)etherType;
        MemoryMarshal.Write(address.AsSpan(4), interfaceIndex);
        Assert.Equal(0, bind((int)packet.SafeHandle.DangerousGetHandle(), address, (uint)address.Length));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int sockfd, byte[] addr, uint addrlen);
}
