using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Portolan.Kernel.Tests.Support;

/// <summary>Turns the offloads of an interface on or off (SIOCETHTOOL, linux/ethtool.h), as <c>ethtool -K</c> does.</summary>
internal static unsafe partial class Ethtool
{
    private const nuint SIOCETHTOOL = 0x8946;
    private const int NameLength = 16;
    private const int RequestLength = 40;

    /// <summary>ETHTOOL_SRXCSUM, ETHTOOL_STXCSUM, ETHTOOL_SSG, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO.</summary>
    private static readonly uint[] Features = [0x15, 0x17, 0x19, 0x1f, 0x24, 0x2c];

    /// <summary>Leaves checksums and the cutting and joining of segments to the processor. In the calling thread's namespace.</summary>
    internal static void TurnOffloadsOff(string interfaceName)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        // struct ethtool_value, to which struct ifreq points.
        var value = stackalloc uint[2];
        var request = stackalloc byte[RequestLength];
        foreach (var feature in Features)
        {
            (value[0], value[1]) = (feature, 0);
            new Span<byte>(request, RequestLength).Clear();
            Encoding.ASCII.GetBytes(interfaceName, new Span<byte>(request, NameLength - 1));
            *(uint**)(request + NameLength) = value;
            if (ioctl((int)socket.Handle, SIOCETHTOOL, request) < 0)
            {
                throw new Win32Exception(
                    Marshal.GetLastPInvokeError(), $"set an offload of {interfaceName}: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, nuint request, byte* argument);
}
