using Portolan.Forwarding.Model;
using Portolan.Linux;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Engine;

/// <summary>Opens and closes the sockets on which forwards listen.</summary>
internal static class Listeners
{
    // The kernel makes it net.core.somaxconn where that is less.
    private const int Backlog = 65_535;

    /// <summary>Bytes of datagrams that the kernel is asked to keep while their worker does something else.</summary>
    public const int DatagramBuffer = 16 * 1024 * 1024;

    /// <summary>Binds and listens.</summary>
    /// <param name="forward">Who is to listen.</param>
    /// <param name="beside">Those who listen on the same port, with an address that may overlap, and are to end: they share it for this
    /// moment.</param>
    /// <exception cref="ListenException">The kernel refuses.</exception>
    public static void Open(RunningForward forward, IReadOnlyList<RunningForward> beside)
    {
        foreach (var other in beside)
        {
            RelaySocket.SharePort(other.Listener, isShared: true);
        }

        ListenPoint bound;
        try
        {
            (forward.Listener, bound, forward.ListensOnIPv6) = Take(forward.Spec, listens: true, sharesPort: beside.Count > 0);
        }
        finally
        {
            foreach (var other in beside)
            {
                RelaySocket.SharePort(other.Listener, isShared: false);
            }
        }

        if (beside.Count > 0)
        {
            RelaySocket.SharePort(forward.Listener, isShared: false);
        }

        forward.Bind(bound);
        forward.File = bound.Path is { } path && RelayAddress.OfPath(path) is { HasFile: true } address ? SocketFile.At(address) : null;
    }

    /// <summary>Takes the port, so that no other program gets it.</summary>
    /// <param name="spec">The forward.</param>
    /// <param name="listens">Whether the socket listens too, and does not only hold the port.</param>
    /// <param name="sharesPort">Whether others have the port who share it.</param>
    /// <exception cref="ListenException">The kernel refuses.</exception>
    public static (int Descriptor, ListenPoint Bound, bool IsIPv6) Take(ForwardSpec spec, bool listens, bool sharesPort = false)
    {
        var addresses = Candidates(spec.Listen) ?? throw new ListenException(spec, Errno.NoSuchDevice);
        for (var i = 0; ; i++)
        {
            var descriptor = listens ? TryOpen(spec, addresses[i], sharesPort) : TryHold(spec, addresses[i]);
            if (descriptor >= 0)
            {
                return (descriptor, BoundTo(spec.Listen, descriptor), addresses[i].Family == RelayAddress.FamilyIPv6);
            }

            // Without IPv6 every address means every address of IPv4.
            if (i == addresses.Length - 1 || descriptor is not (-Errno.AddressFamilyNotSupported or -Errno.AddressNotAvailable))
            {
                throw new ListenException(spec, -descriptor);
            }
        }
    }

    /// <summary>Closes it, and removes its file if it had one.</summary>
    public static void Close(RunningForward forward)
    {
        if (forward.Listener >= 0)
        {
            // Another program may have put its own file there meanwhile.
            if (forward.File is { } file && RelayAddress.OfPath(forward.Spec.Listen.Path!) is var address && SocketFile.At(address) == file)
            {
                _ = RelaySocket.Unlink(address);
            }

            RelaySocket.CloseListener(forward.Listener, isDatagram: forward.Spec.Protocol == TransportProtocol.Udp);
            forward.Listener = -1;
        }
    }

    private static RelayAddress[]? Candidates(ListenPoint listen) => listen switch
    {
        { Path: { } path } => [RelayAddress.OfPath(path)],
        { Address: { } address } => RelayAddress.Of(address, listen.Port, listen.Zone) is { } one ? [one] : null,
        _ => [RelayAddress.Of(InternetAddress.AnyIPv6, listen.Port), RelayAddress.Of(InternetAddress.AnyIPv4, listen.Port)],
    };

    private static int TryOpen(ForwardSpec spec, RelayAddress address, bool sharesPort = false)
    {
        var isDatagram = spec.Protocol == TransportProtocol.Udp;
        var descriptor = isDatagram ? RelaySocket.OpenDatagram(address.Family) : RelaySocket.OpenStream(address.Family);
        if (descriptor < 0)
        {
            return descriptor;
        }

        if (sharesPort)
        {
            RelaySocket.SharePort(descriptor, isShared: true);
        }

        if (isDatagram)
        {
            // Before the first can come.
            RelaySocket.SetBuffers(descriptor, DatagramBuffer);
            DatagramBatch.Prepare(
                descriptor, address.Family == RelayAddress.FamilyIPv6, tellsAddress: spec.Listen.Address?.IsUnspecified != false);
        }

        // An address that was named is meant alone: [::] is then IPv6 only. Of datagrams SO_REUSEADDR would share the port with others.
        var result = RelaySocket.Bind(descriptor, address, reuseAddress: !isDatagram, v6Only: spec.Listen.Address is not null);
        if (result == -Errno.AddressInUse && address.HasFile && SocketPaths.Look(address) == PathObstacle.Stale)
        {
            result = RelaySocket.Unlink(address);
            result = result == 0 ? RelaySocket.Bind(descriptor, address, reuseAddress: false, v6Only: false) : result;
        }

        if (result == 0 && !isDatagram)
        {
            if (!address.IsUnix)
            {
                RelaySocket.SendAtOnce(descriptor);
            }

            result = RelaySocket.Listen(descriptor, Backlog);
        }

        if (result < 0)
        {
            RelaySocket.Close(descriptor);
            return result;
        }

        return descriptor;
    }

    // Without SO_REUSEADDR nobody else gets the port, whatever he sets. Where only connections of an earlier server are left of it, it
    // takes the option; that nothing listens is shown by listening for a moment.
    private static int TryHold(ForwardSpec spec, RelayAddress address)
    {
        if (spec.Protocol == TransportProtocol.Udp)
        {
            return TryOpen(spec, address);
        }

        var descriptor = RelaySocket.OpenStream(address.Family);
        if (descriptor < 0)
        {
            return descriptor;
        }

        var result = RelaySocket.Bind(descriptor, address, reuseAddress: false, v6Only: spec.Listen.Address is not null);
        if (result == 0)
        {
            return descriptor;
        }

        RelaySocket.Close(descriptor);
        descriptor = result == -Errno.AddressInUse ? TryOpen(spec, address) : result;
        if (descriptor >= 0)
        {
            RelaySocket.StopListening(descriptor);
        }

        return descriptor;
    }

    private static ListenPoint BoundTo(ListenPoint listen, int descriptor)
    {
        Span<byte> name = stackalloc byte[RelayAddress.MaxLength];
        return listen.Path is null && listen.Port.Value == 0
            && RelayAddress.TryRead(name[..RelaySocket.OwnName(descriptor, name)], out _, out var port)
            ? listen with { Port = port }
            : listen;
    }
}

/// <summary>A forward cannot listen where it should.</summary>
/// <param name="forward">Which.</param>
/// <param name="errno">The error number of bind(2) or listen(2).</param>
public sealed class ListenException(ForwardSpec forward, int errno)
    : Exception(new LinuxException(errno, $"listen on {forward.Listen}").Message)
{
    /// <summary>The forward whose listener failed.</summary>
    public ForwardSpec Forward { get; } = forward;

    /// <summary>The error number.</summary>
    public int Errno { get; } = errno;
}
