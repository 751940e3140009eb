using Portolan.Cli.Scanning.Options;
using Portolan.Linux.Privilege;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;

namespace Portolan.Cli.Scanning;

/// <summary>Which mode runs, with which TCP technique, and why.</summary>
/// <param name="Mode">The mode of the port stage.</param>
/// <param name="Discovery">The mode of host discovery: a connect scan finds hosts with packets of its own where it may, as nmap
/// does.</param>
/// <param name="Tcp">The technique; <see cref="TcpTechnique.None"/> when no TCP port is scanned.</param>
/// <param name="Why">Why this mode, for people.</param>
internal sealed record ModeChoice(ScanMode Mode, ScanMode Discovery, TcpTechnique Tcp, string Why)
{
    private const string NoCapability = "without CAP_NET_RAW";

    /// <summary>
    /// Chooses. What was asked for by name is never replaced by something else: without the privilege it takes the scan ends here.
    /// </summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="isRawAllowed">Whether raw packets may be sent and received; asked only where it matters.</param>
    /// <exception cref="PortolanException">Exit code 4: the privilege is missing. Exit code 2: options that no mode can do
    /// together.</exception>
    public static ModeChoice Make(ScanRequest request, Func<bool> isRawAllowed)
    {
        var technique = request.Technique;
        var named = technique.Named;
        if (request.Proxies is not null)
        {
            return new ModeChoice(ScanMode.Connect, ScanMode.Connect, TcpTechnique.Connect, "through proxies");
        }

        if (named == TcpTechnique.Connect)
        {
            return ForConnect(request, isRawAllowed);
        }

        if (technique.ListOnly)
        {
            return new ModeChoice(ScanMode.Connect, ScanMode.Connect, TcpTechnique.None, "a list sends nothing");
        }

        var tcp = technique.DiscoveryOnly ? TcpTechnique.None : named ?? TcpTechnique.Syn;
        var needs = NeedsRaw(request, named);
        if (request.Sending.Unprivileged)
        {
            return needs is null ? Unprivileged(tcp, "--unprivileged") : throw ScanErrors.Usage(
                $"{needs} sends raw packets, which --unprivileged forbids", $"leave out {needs} or --unprivileged");
        }

        if (isRawAllowed())
        {
            return new ModeChoice(ScanMode.Raw, ScanMode.Raw, tcp, request.Sending.Privileged ? "--privileged" : "CAP_NET_RAW is "
                + "available");
        }

        return needs is null ? Unprivileged(tcp, NoCapability) : throw NoPrivilege(needs, WithoutIt(request, needs));
    }

    private static ModeChoice Unprivileged(TcpTechnique tcp, string why) =>
        new(ScanMode.Connect, ScanMode.Connect, tcp == TcpTechnique.None ? tcp : TcpTechnique.Connect, why);

    private static ModeChoice ForConnect(ScanRequest request, Func<bool> isRawAllowed)
    {
        if (request.Sending.PaddingLength > 0)
        {
            throw ScanErrors.Usage(
                "--data-length cannot be combined with -sT: the system builds the packets of a " +
                "connection", $"leave out -sT, or --data-length");
        }

        if (request.Sending.Privileged)
        {
            throw ScanErrors.Usage("--privileged cannot be combined with -sT, which needs no privilege", $"leave out one of them");
        }

        var wantsRawDiscovery = RawDiscovery(request.Discovery);
        var mayBeRaw = !request.Sending.Unprivileged && !request.Discovery.Skip;
        var discovery = mayBeRaw && isRawAllowed() ? ScanMode.Raw : ScanMode.Connect;
        return wantsRawDiscovery is not null && discovery == ScanMode.Connect
            ? throw NoPrivilege(wantsRawDiscovery, $"use -PS80,443, which connects")
            : new ModeChoice(ScanMode.Connect, discovery, TcpTechnique.Connect, "-sT");
    }

    /// <summary>The first thing asked for that only packets of our own can do, as people write it; <c>null</c> for none.</summary>
    private static string? NeedsRaw(ScanRequest request, TcpTechnique? named)
    {
        if (request.Technique.OwnStack)
        {
            return "--own-stack";
        }

        if (named is not (null or TcpTechnique.None))
        {
            return request.Technique.NamedBy;
        }

        return request.Sending switch
        {
            { Privileged: true } => "--privileged",
            { PaddingLength: > 0 } => "--data-length",
            _ => RawDiscovery(request.Discovery),
        };
    }

    private static string? RawDiscovery(DiscoverySettings discovery) => discovery switch
    {
        { Echo: true } => "-PE",
        { Timestamp: true } => "-PP",
        _ => null,
    };

    private static Advice WithoutIt(ScanRequest request, string needs) => needs switch
    {
        "-PE" or "-PP" => $"use -PS80,443, which connects",
        "-sS" => request.Technique.Udp ? Advice.Of($"use -sT -sU, which needs no privilege") : $"use -sT, which needs no privilege",
        "--own-stack" => $"use -sT instead: kernel connections, without privilege",
        _ => $"leave out {needs}",
    };

    private static PortolanException NoPrivilege(string option, Advice without)
    {
        // The stack of our own guards its ports by rules.
        var (names, hint) = option == "--own-stack"
            ? ("capabilities CAP_NET_RAW and CAP_NET_ADMIN", CapabilityGrant.Hint(Capability.NetRaw, Capability.NetAdmin))
            : ("capability CAP_NET_RAW", CapabilityGrant.Hint(Capability.NetRaw));
        return new($"{option} needs the {names}, which this user lacks", $"{hint}; or {without}", ExitCode.NoPrivilege);
    }
}
