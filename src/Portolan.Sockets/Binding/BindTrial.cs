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

    /// <summary>What strerror says of it.</summary>
    public string ErrorText => Errno switch
    {
        AccessDenied => "Permission denied",
        InUse => "Address already in use",
        NoAddress => "Cannot assign requested address",
        93 => "Protocol not supported",
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"error {Errno}"),
    };

    /// <summary>Whether the bind succeeded: <c>Errno</c> is 0.</summary>
    public bool Works => Errno == 0;

    /// <summary>The same bind with SO_REUSEPORT that works where the plain one does not; <c>null</c> when none does.</summary>
    public BindAttempt? Shared { get; init; }

    /// <summary>
    /// The options that make it work, as people write them, such as <c>SO_REUSEADDR</c>; the shortest way first. Empty when it works
    /// without, or not at all.
    /// </summary>
    public IReadOnlyList<string> Remedies { get; init; } = Errno == BindTrial.InUse && ErrnoWithReuse == 0 ? ["SO_REUSEADDR"] : [];

    /// <summary>
    /// Tries the wildcard of both families: plain, with SO_REUSEADDR, and with SO_REUSEPORT. A family this machine does not have is left
    /// out.
    /// </summary>
    /// <param name="referee">Tries each bind.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="port">The port.</param>
    /// <param name="users">The users of the sockets that own the port: one of them may share it where the caller may not.</param>
    /// <param name="use">Which ports are known to be unused.</param>
    /// <remarks>
    /// A plain bind that works keeps the port for a moment from every other program, so it is tried only where the list of sockets leaves
    /// its answer open. All others leave the port to servers that set SO_REUSEADDR, or where no socket has it SO_REUSEPORT as the same
    /// user.
    /// </remarks>
    public static IReadOnlyList<BindTrial> TryWildcards(
        IBindReferee referee, TransportProtocol protocol, PortNumber port, IReadOnlyCollection<uint> users, PortsInUse use)
    {
        var trials = new List<BindTrial>(2);
        foreach (var attempt in Wildcards(protocol, port))
        {
            if (Try(referee, attempt, users, use) is { Errno: not (NoFamily or NoAddress) } trial)
            {
                trials.Add(trial);
            }
        }

        return trials;
    }

    /// <summary>Whether an address is one of this machine, or one that the kernel lets programs bind to (ip_nonlocal_bind).</summary>
    public static bool IsHere(IBindReferee referee, InternetAddress address) =>
        referee.TryBind(new BindAttempt(TransportProtocol.Udp, address, PortNumber.Zero, ReuseAddress: true)) != NoAddress;

    /// <summary>Tries a bind to one address: plain, with SO_REUSEADDR, and with SO_REUSEPORT.</summary>
    /// <param name="referee">Tries each bind.</param>
    /// <param name="attempt">The bind.</param>
    /// <param name="users">The users of the sockets that own the port.</param>
    /// <param name="use">Which ports are known to be unused.</param>
    public static BindTrial Try(IBindReferee referee, BindAttempt attempt, IReadOnlyCollection<uint> users, PortsInUse use)
    {
        var isUnused = use.IsUnused(attempt.Protocol, attempt.Port);
        var withReuse = referee.TryBind(isUnused ? Sharing(attempt) : attempt with { ReuseAddress = true });
        var errno = Plain(referee, attempt, withReuse, use);
        var shared = errno == InUse ? TrySharing(referee, attempt, reuseWorks: withReuse == 0, users) : null;
        string[] remedies = errno != InUse
            ? []
            : [.. withReuse == 0 ? (string[])["SO_REUSEADDR"] : [], .. shared is { } way ? (string[])[Words(way)] : []];
        return new BindTrial(attempt, errno, withReuse) { Shared = shared, Remedies = remedies };
    }

    /// <summary>Whether a plain bind to the wildcard works, of every family that this machine has.</summary>
    public static bool AllWildcardsWork(IBindReferee referee, TransportProtocol protocol, PortNumber port, PortsInUse use)
    {
        var any = false;
        var isUnused = use.IsUnused(protocol, port);
        foreach (var attempt in Wildcards(protocol, port))
        {
            var withReuse = referee.TryBind(isUnused ? Sharing(attempt) : attempt with { ReuseAddress = true });
            switch (Plain(referee, attempt, withReuse, use))
            {
                case 0:
                    any = true;
                    break;
                case not (NoFamily or NoAddress):
                    return false;
            }
        }

        return any;
    }

    private static BindAttempt[] Wildcards(TransportProtocol protocol, PortNumber port) =>
        [new BindAttempt(protocol, InternetAddress.AnyIPv4, port), new BindAttempt(protocol, InternetAddress.AnyIPv6, port)];

    /// <summary>
    /// What a plain bind says, from what the same bind with SO_REUSEADDR said: where that one fails, so does the plain one.
    /// </summary>
    private static int Plain(IBindReferee referee, BindAttempt attempt, int withReuse, PortsInUse use) =>
        withReuse != 0 ? withReuse : use.LeavesRoomFor(attempt) switch
        {
            true => 0,
            false => InUse,
            null => referee.TryBind(attempt),
        };

    /// <summary>
    /// The options that leave the port to others. UDP sockets with SO_REUSEPORT are one group, which shares what comes in: so that is for
    /// TCP, where only listeners are.
    /// </summary>
    private static BindAttempt Sharing(BindAttempt attempt) =>
        attempt with { ReuseAddress = true, ReusePort = attempt.Protocol == TransportProtocol.Tcp };

    private static BindAttempt? TrySharing(IBindReferee referee, BindAttempt attempt, bool reuseWorks, IReadOnlyCollection<uint> users)
    {
        // Both options are worth naming only where one alone does not do.
        ReadOnlySpan<bool> reuses = reuseWorks ? [false] : [false, true];
        foreach (var user in (IEnumerable<uint?>)[null, .. users])
        {
            foreach (var reuse in reuses)
            {
                var shared = attempt with { ReusePort = true, ReuseAddress = reuse, User = user };
                if (referee.TryBind(shared) == 0)
                {
                    return shared;
                }
            }
        }

        return null;
    }

    private static string Words(BindAttempt shared) =>
        $"{(shared.ReuseAddress ? "SO_REUSEADDR and " : "")}SO_REUSEPORT{(shared.User is { } user ? $" as user {user}" : "")}";
}
