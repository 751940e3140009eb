using System.CommandLine;
using Portolan.Model;

namespace Portolan.Cli.Scanning.Options;

/// <summary>The options about how packets leave this host.</summary>
internal sealed class SendingOptions
{
    private readonly Option<string[]> _interface = ScanOptionKinds.Value("--interface", "IFACE", "send over this interface only", "-e");
    private readonly Option<string[]> _source = ScanOptionKinds.Value("--source", "ADDRESS", "send from this address of this host", "-S");
    private readonly Option<string[]> _sourcePort = ScanOptionKinds.Value("--source-port", "PORT", "send from this port", "-g");
    private readonly Option<string[]> _ttl = ScanOptionKinds.Value("--ttl", "N", "the TTL or hop limit of probes, 1 to 255");
    private readonly Option<string[]> _length =
        ScanOptionKinds.Value("--data-length", "N", "add this many random bytes to each probe, 0 to 1400");
    private readonly Option<bool> _unprivileged = ScanOptionKinds.Flag("--unprivileged", "act as if unprivileged: connect scan");
    private readonly Option<bool> _privileged =
        ScanOptionKinds.Flag("--privileged", "raw packets or nothing: never fall back to connect scan");
    private readonly Option<bool> _sendIp =
        ScanOptionKinds.Flag("--send-ip", "no ARP or neighbour discovery by the scanner: the same as --disable-arp-ping");
    private readonly Option<bool> _sendEth =
        ScanOptionKinds.Hidden(ScanOptionKinds.Flag("--send-eth", "accepted; frames are always sent if the link has them"));

    /// <summary>All, in the order of help.</summary>
    public Option[] Options => [_interface, _source, _sourcePort, _ttl, _length, _unprivileged, _privileged, _sendIp, _sendEth];

    /// <summary>Reads them.</summary>
    public SendingRequest Read(ParseResult parsed, TechniqueRequest technique)
    {
        var request = new SendingRequest
        {
            InterfaceName = parsed.Last(_interface),
            Source = parsed.Last(_source) is { } source ? ScanValues.Address("-S", source) : null,
            SourcePort = parsed.Last(_sourcePort) is { } port ? ScanValues.Port("-g", port) : null,
            TimeToLive = parsed.Last(_ttl) is { } ttl ? (byte)ScanValues.Number("--ttl", ttl, 1, 255) : null,
            PaddingLength = parsed.Last(_length) is { } length ? ScanValues.Number("--data-length", length, 0, 1400) : 0,
            Unprivileged = parsed.GetValue(_unprivileged),
            Privileged = parsed.GetValue(_privileged),
            SendIp = parsed.GetValue(_sendIp),
        };
        if (request is { Unprivileged: true, Privileged: true })
        {
            throw ScanErrors.Usage("--privileged and --unprivileged exclude each other", $"give one of them");
        }

        if (technique.OwnStack && request.SourcePort is not null)
        {
            throw ScanErrors.Usage("-g cannot be combined with --own-stack, which reserves its own ports", $"leave out one of them");
        }

        if (request.SendIp && parsed.GetValue(_sendEth))
        {
            throw ScanErrors.Usage("--send-ip and --send-eth exclude each other", $"give one of them");
        }

        if (request is { SendIp: true } && technique.Named is null && technique.ListOnly)
        {
            throw ScanErrors.Usage("--send-ip cannot be combined with -sL, which sends nothing", $"leave out --send-ip");
        }

        return request;
    }
}

/// <summary>How packets leave this host.</summary>
internal sealed record SendingRequest
{
    /// <summary><c>-e</c>.</summary>
    public string? InterfaceName { get; init; }

    /// <summary><c>-S</c>.</summary>
    public InternetAddress? Source { get; init; }

    /// <summary><c>-g</c>.</summary>
    public PortNumber? SourcePort { get; init; }

    /// <summary><c>--ttl</c>.</summary>
    public byte? TimeToLive { get; init; }

    /// <summary><c>--data-length</c>.</summary>
    public int PaddingLength { get; init; }

    /// <summary><c>--unprivileged</c>.</summary>
    public bool Unprivileged { get; init; }

    /// <summary><c>--privileged</c>.</summary>
    public bool Privileged { get; init; }

    /// <summary><c>--send-ip</c>.</summary>
    public bool SendIp { get; init; }
}
