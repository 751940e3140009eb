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
    private readonly Dictionary<IPAddress, (double Left, long Since)> _known = [];

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
        var network = NetworkOf(address);
        lock (_lock)
        {
            var left = LeftOf(network);
            wait = left >= 1 ? TimeSpan.Zero : (1 - left) * Between;
            if (left < 1)
            {
                return false;
            }

            Keep(network, left - 1);
            return true;
        }
    }

    /// <summary>Gives an attempt back that was right.</summary>
    internal void GiveBack(IPAddress? address)
    {
        var network = NetworkOf(address);
        lock (_lock)
        {
            Keep(network, LeftOf(network) + 1);
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

    private double LeftOf(IPAddress network) => _known.TryGetValue(network, out var known)
        ? Math.Min(AtOnce, known.Left + (clock.GetElapsedTime(known.Since) / Between))
        : AtOnce;

    private void Keep(IPAddress network, double left)
    {
        if (left >= AtOnce)
        {
            _known.Remove(network);
            return;
        }

        if (_known.Count >= MostAddresses && !_known.ContainsKey(network))
        {
            _known.Remove(_known.Keys.MaxBy(LeftOf)!);
        }

        _known[network] = (left, clock.GetTimestamp());
    }
}
