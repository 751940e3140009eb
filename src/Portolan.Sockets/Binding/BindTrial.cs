namespace Portolan.Sockets.Binding;

/// <summary>A bind that was tried, and what the kernel said.</summary>
/// <param name="Attempt">The bind.</param>
/// <param name="Errno">0 when it worked.</param>
/// <param name="ErrnoWithReuse">The same bind with SO_REUSEADDR; equal to <paramref name="Errno"/> where that makes no difference.</param>
public sealed record BindTrial(BindAttempt Attempt, int Errno, int ErrnoWithReuse)
{
    /// <summary>EACCES.</summary>
    public const int AccessDenied = 13;

    /// <summary>EAFNOSUPPORT: no IPv6 here.</summary>
    public const int NoFamily = 97;

    /// <summary>EADDRINUSE.</summary>
    public const int InUse = 98;

    /// <summary>EADDRNOTAVAIL: the address is not one of this machine.</summary>
    public const int NoAddress = 99;

    /// <summary>Whether it worked.</summary>
    public bool Works => Errno == 0;

    /// <summary>Tries the wildcard of both families, plain and with SO_REUSEADDR. A family this machine does not have is left out.</summary>
    public static IReadOnlyList<BindTrial> TryWildcards(IBindReferee referee, TransportProtocol protocol, PortNumber port)
    {
        var trials = new List<BindTrial>(2);
        foreach (var address in (ReadOnlySpan<InternetAddress>)[InternetAddress.AnyIPv4, InternetAddress.AnyIPv6])
        {
            var attempt = new BindAttempt(protocol, address, port);
            var errno = referee.TryBind(attempt);
            if (errno is NoFamily or NoAddress)
            {
                continue;
            }

            trials.Add(new BindTrial(attempt, errno, errno == InUse ? referee.TryBind(attempt with { ReuseAddress = true }) : errno));
        }

        return trials;
    }
}
