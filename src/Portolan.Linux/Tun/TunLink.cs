using System.Runtime.InteropServices;
using System.Text;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Linux.Tun;

/// <summary>
/// A TUN device: an interface of this host whose other end is this link. What the host sends to it comes in here, what is sent here the
/// host receives. Frames are IP packets. With offload the header of virtio is between link and kernel, so that checksums and the cutting of
/// segments can be left to the other end.
/// </summary>
/// <remarks>
/// The host's side is set up as any interface's: addresses, routes, up. One sender and one receiver, each of one thread at a time.
/// </remarks>
public sealed class TunLink : IOffloadLink
{
    private const int LongestName = 15;
    private const int RequestLength = 40;

    private readonly SocketHandle _device;
    private readonly TunOptions _options;

    private TunLink(SocketHandle device, TunOptions options, string name, LinkOffload offload) =>
        (_device, _options, Name, Offload) = (device, options, name, offload);

    /// <summary>The interface's name.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public LinkOffload Offload { get; }

    /// <inheritdoc/>
    public LinkLayer Layer => LinkLayer.Ip;

    /// <inheritdoc/>
    public MacAddress HardwareAddress => default;

    /// <inheritdoc/>
    public int MaxFrameLength => _options.Mtu;

    /// <inheritdoc/>
    public string Description => Offload == LinkOffload.None ? $"TUN device {Name}" : $"TUN device {Name}, {Offload}";

    /// <summary>Opens or makes the device, in the network namespace of the calling thread. Needs CAP_NET_ADMIN there.</summary>
    /// <exception cref="LinuxException">The device cannot be opened, the name is taken or too long, or privilege is missing.</exception>
    /// <exception cref="Model.PortolanException">The kernel can give the device no thread here (<see cref="TunOptions.UsesKernelThread"/>):
    /// it says why.</exception>
    public static unsafe TunLink Open(TunOptions options)
    {
        SocketHandle device;
        fixed (byte* path = "/dev/net/tun\0"u8)
        {
            device = Libc.open_device(path, Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        }

        try
        {
            if (device.IsInvalid)
            {
                throw new LinuxException(Marshal.GetLastPInvokeError(), "open /dev/net/tun");
            }

            // struct ifreq: 16 bytes of name, then the flags.
            var request = stackalloc byte[RequestLength];
            new Span<byte>(request, RequestLength).Clear();
            if (Encoding.UTF8.GetByteCount(options.Name) > LongestName)
            {
                throw new LinuxException(Libc.EINVAL, $"make the TUN device {options.Name}");
            }

            Encoding.UTF8.GetBytes(options.Name, new Span<byte>(request, LongestName));
            var flags = Libc.IFF_TUN | Libc.IFF_NO_PI | (options.UsesOffload ? Libc.IFF_VNET_HDR : 0)
                | (options.UsesKernelThread ? Libc.IFF_NAPI : 0);
            *(ushort*)(request + LongestName + 1) = (ushort)flags;
            using (RaisedCapabilities.For(Capability.NetAdmin))
            {
                if (Libc.ioctl_bytes(device, Libc.TUNSETIFF, request) < 0)
                {
                    throw new LinuxException(Marshal.GetLastPInvokeError(), $"make the TUN device {options.Name}");
                }
            }

            var name = Marshal.PtrToStringUTF8((nint)request)!;
            if (options.UsesKernelThread)
            {
                NapiThread.Start(name);
            }

            return new TunLink(device, options, name, options.UsesOffload ? Negotiate(device) : LinkOffload.None);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IFrameSender OpenSender() => new TunSender(_device, _options.UsesOffload);

    /// <inheritdoc/>
    public IFrameReceiver OpenReceiver(FrameFilter filter) => new TunReceiver(_device, _options.UsesOffload, _options.Time);

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();

    /// <summary>
    /// Asks for the most and takes what there is. What is sent here needs no agreement: a kernel that knows the header completes and cuts.
    /// </summary>
    private static LinkOffload Negotiate(SocketHandle device)
    {
        foreach (var wanted in (ReadOnlySpan<uint>)[
            Libc.TUN_F_CSUM | Libc.TUN_F_TSO4 | Libc.TUN_F_TSO6 | Libc.TUN_F_TSO_ECN,
            Libc.TUN_F_CSUM | Libc.TUN_F_TSO4 | Libc.TUN_F_TSO6,
            Libc.TUN_F_CSUM])
        {
            if (Libc.ioctl_number(device, Libc.TUNSETOFFLOAD, wanted) == 0)
            {
                break;
            }
        }

        return LinkOffload.SendChecksum | LinkOffload.Segmentation4 | LinkOffload.Segmentation6;
    }
}
