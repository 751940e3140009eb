using System.Net;
using System.Net.Sockets;

namespace Portolan.Web.Access;

/// <summary>
/// How often a password may be tried from one address: a few times at once, then once in six seconds. What cannot be guessed, such as the
/// token of a link, needs no limit, so that no stranger can lock others out.
/// </summary>
/// <param name="clock">The clock.</param>
internal sealed class LoginLimit(TimeProvider clock)
{
    /// <summary>How many addresses are remembered; beyond it those that have tried least are forgotten.</summary>
    internal const int MostAddresses = 1024;

    private const int AtOnce = 10;

    // A host has a whole /64 of IPv6 (RFC 4291, 2.5.4), and any program of this machine all of 127.0.0.0/8.
    private const int BytesOfNetwork = 8;

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(6);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Allowance> _known = [];

    /// <summary>How many addresses are remembered now.</summary>
    internal int Known
    {
        get
        {
            lock (_lock)
            {
                return _known.Count;
            }
        }
    }

    /// <summary>Takes one attempt.</summary>
    /// <param name="address">Where it comes from; <c>null</c> over a Unix socket.</param>
    /// <param name="wait">How long to wait for the next where there is none.</param>
    internal bool TryTake(IPAddress? address, out TimeSpan wait)
    {
        lock (_lock)
        {
            var known = Of(NetworkOf(address));
            var isTaken = known.TryTake();
            wait = isTaken ? TimeSpan.Zero : known.Wait;
            return isTaken;
        }
    }

    /// <summary>Gives an attempt back that was right.</summary>
    internal void GiveBack(IPAddress? address)
    {
        lock (_lock)
        {
            var network = NetworkOf(address);
            var known = Of(network);
            known.GiveBack();
            if (known.IsWhole)
            {
                _known.Remove(network);
            }
        }
    }

    private static IPAddress NetworkOf(IPAddress? address)
    {
        if (address is null || IPAddress.IsLoopback(address))
        {
            return IPAddress.Loopback;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(BytesOfNetwork).Clear();
        return new IPAddress(bytes);
    }

    private Allowance Of(IPAddress network)
    {
        if (!_known.TryGetValue(network, out var known))
        {
            if (_known.Count >= MostAddresses)
            {
                _known.Remove(_known.MaxBy(static k => k.Value.Left).Key);
            }

            _known.Add(network, known = new Allowance(clock, AtOnce, Between));
        }

        return known;
    }
}
