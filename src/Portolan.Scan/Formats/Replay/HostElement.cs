using System.Globalization;
using System.Text;
using Portolan.Model;
using Portolan.Model.Xml;
using Portolan.Packets.Links;
using Portolan.Scan.Identification;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats.Replay;

/// <summary>Reads a <c>host</c> element into a <see cref="ReplayedHost"/>.</summary>
internal sealed class HostElement(ReplayHead head, Action<string> warn)
{
    /// <summary>The most characters of a banner: all of its bytes as <c>\xHH</c>.</summary>
    private const int MaxBanner = 4 * GreetingLimit.MaxLength;

    /// <summary>The most scripts of a port that are kept.</summary>
    private const int MaxFacts = 64;

    /// <summary>How deep the children of <c>host</c>, their children, and the children of these lie.</summary>
    private const int Fact = 2;
    private const int Item = 3;
    private const int Detail = 4;
    private const int Part = 5;

    /// <summary>The most CPE names of a port, and characters of one.</summary>
    private const int MaxCpes = 8;
    private const int MaxCpeLength = 256;

    private readonly List<(PortState State, long Count)> _withoutNumbers = [];
    private string _fact = string.Empty;
    private string _item = string.Empty;
    private PortResult? _port;
    private PortState _extraState;
    private ReplyReason _extraReason;
    private long _extraCount;
    private bool _isInExtra;
    private bool _isInCpe;

    /// <summary>The host that is read.</summary>
    public ReplayedHost Host { get; } = new();

    /// <summary>A host begins.</summary>
    public void Start(XmlPullReader reader)
    {
        Host.Clear(head.StartedAt);
        (_port, _isInExtra, _extraCount) = (null, false, 0);
        _withoutNumbers.Clear();
        var began = reader.Time("starttime");
        var finished = reader.Time("endtime");
        Host.Began = began ?? finished ?? head.StartedAt;
        Host.Finished = finished ?? Host.Began;
        Host.GivenUp = reader.Text("timedout") is "true";
        var comment = reader.Text("comment");
        Host.Everything = comment.Contains(FormatText.AnswersEverything, StringComparison.Ordinal);
        Host.Partial = comment.Contains(FormatText.IsPartial, StringComparison.Ordinal);
    }

    /// <summary>An element inside the host.</summary>
    public void Read(XmlPullReader reader)
    {
        _isInCpe = false;
        switch (reader.Depth)
        {
            case Fact:
                EndItem();
                (_fact, _item) = (reader.Name, string.Empty);
                ReadFact(reader);
                break;
            case Item:
                EndItem();
                _item = reader.Name;
                ReadItem(reader);
                break;
            case Detail when _item == "port" && _port is { } port:
                _port = ReadPortDetail(reader, port);
                break;
            case Part when reader.Name == "cpe" && _port is { Service.Service: not null }:
                _isInCpe = true;
                break;
            case Detail when _isInExtra && reader.Name == "extrareasons":
                ReadExtraReason(reader);
                break;
        }
    }

    /// <summary>Text inside the host.</summary>
    public void ReadText(XmlPullReader reader)
    {
        if (!_isInCpe || reader.Depth != Part + 1)
        {
            return;
        }

        _isInCpe = false;
        if (reader.Value is var text && text.StartsWith("cpe:/", StringComparison.Ordinal) && text.Length <= MaxCpeLength
            && _port is { Service: { Service: { Cpes.Count: < MaxCpes } service } answer } port)
        {
            _port = port with { Service = answer with { Service = service with { Cpes = [.. service.Cpes, text.ToString()] } } };
        }
    }

    /// <summary>The host ends, or the file inside it.</summary>
    public void End()
    {
        EndItem();
        if (_withoutNumbers.Count > 0)
        {
            FindNumbers();
        }
    }

    private void ReadFact(XmlPullReader reader)
    {
        switch (reader.Name)
        {
            case "status":
                Host.Result = Host.Result with
                {
                    Status = reader.Text("state") switch { "up" => HostStatus.Up, "down" => HostStatus.Down, _ => HostStatus.Unknown },
                    Reason = reader.Reason(),
                    TimeToLive = TimeToLive(reader),
                };
                break;
            case "address" when reader.Text("addrtype") is "mac":
                Host.Result = Host.Result with { HardwareAddress = reader.HardwareAddress("addr") };
                break;
            case "address":
                Host.Address ??= reader.Address("addr");
                break;
            case "trace":
                Host.Way.Start(reader);
                break;
            case "times":
                Host.Measured = new RoundTrip(reader.Microseconds("srtt"), reader.Microseconds("rttvar"), reader.Microseconds("to"));
                break;
        }
    }

    private void ReadItem(XmlPullReader reader)
    {
        switch (_fact, reader.Name)
        {
            case ("hostnames", "hostname") when reader.Text("type") is "PTR":
                Host.PointerName ??= reader.Attribute("name");
                break;
            case ("hostnames", "hostname"):
                Host.GivenName ??= reader.Attribute("name");
                break;
            case ("ports", "extraports"):
                (_isInExtra, _extraState, _extraReason) = (true, reader.State(), ReplyReason.UnknownResponse);
                _extraCount = reader.Number("count", 0, 3L * PortNumber.Count) ?? 0;
                break;
            case ("trace", "hop"):
                Host.Way.ReadHop(reader);
                break;
            case ("ports", "port"):
                StartPort(reader);
                break;
        }
    }

    private void StartPort(XmlPullReader reader)
    {
        if (reader.TryProtocol("protocol", out var protocol))
        {
            var number = reader.Number("portid", 0, ushort.MaxValue) ?? throw reader.Error("'port' has no portid");
            _port = new PortResult(
                new ProbePort(protocol, new PortNumber((ushort)number)), PortState.Unknown, ReplyReason.UnknownResponse, 0, Evidence.None,
                null);
            return;
        }

        // masscan reports an answered ping or ARP request as a port of its own.
        if (reader.Text("protocol") is "icmp" or "arp")
        {
            Host.Result = Host.Result with { Reason = reader.Text("protocol") is "arp" ? ReplyReason.ArpResponse : ReplyReason.EchoReply };
        }
        else
        {
            warn("results of protocols without ports are left out");
        }
    }

    private PortResult ReadPortDetail(XmlPullReader reader, PortResult port)
    {
        switch (reader.Name)
        {
            case "state":
                var state = reader.State();
                var reason = reader.Reason();
                if (reason == ReplyReason.UnknownResponse && state == PortState.Open)
                {
                    // masscan names no reason for some; these states have one cause only.
                    reason = port.Port.Protocol switch
                    {
                        TransportProtocol.Tcp => ReplyReason.SynAck,
                        TransportProtocol.Udp => ReplyReason.UdpResponse,
                        _ => reason,
                    };
                }

                return port with
                {
                    State = state,
                    Reason = reason,
                    TimeToLive = TimeToLive(reader),
                    Evidence = EvidenceOf(port.Port.Protocol, state),
                    ReasonAddress = reader.Text("reason_ip").IsEmpty ? null : reader.Address("reason_ip"),
                };
            case "service" when port.State == PortState.Open && reader.Text("method") is "probed":
                return port with
                {
                    Evidence = Evidence.Identified,
                    Service = new ServiceAnswer(ServiceOutcome.Identified, ReadService(reader)),
                };
            case "service" when port.State == PortState.Open && reader.TryGetAttribute("banner", out _):
                return port with { Evidence = Evidence.AcceptedData, Banner = Banner(reader.Attribute("banner")) };
            case "script" when port.State == PortState.Open && reader.Text("id") is "banner":
                // Who heard something had a whole connection.
                return port with
                {
                    Evidence = port.Evidence < Evidence.Handshake ? Evidence.Handshake : port.Evidence,
                    Banner = Banner(reader.Attribute("output")),
                };
            case "script"
                when port.State == PortState.Open && reader.Attribute("id") is { Length: > 0 } id && (port.Facts?.Count ?? 0) < MaxFacts:
                return port with
                {
                    Facts = [
                    .. port.Facts ?? [], Portolan.Scan.Identification.Facts.Fact.OfLines(id, reader.Attribute("output") ?? "")]
                };
            default:
                return port;
        }
    }

    private static IdentifiedService ReadService(XmlPullReader reader) => new(Known(reader, "name") ?? "unknown")
    {
        Product = Known(reader, "product"),
        Version = Known(reader, "version"),
        Info = Known(reader, "extrainfo"),
        HostName = Known(reader, "hostname"),
        OperatingSystem = Known(reader, "ostype"),
        Tunnel = Known(reader, "tunnel"),
        Confidence = int.TryParse(reader.Text("conf"), NumberStyles.None, CultureInfo.InvariantCulture, out var sure)
            ? Math.Clamp(sure, 1, 10)
            : 10,
    };

    private static string? Known(XmlPullReader reader, string name) =>
        reader.Attribute(name) is { Length: > 0 } text
            ? text.Length > IdentifiedService.MaxTextLength ? text[..IdentifiedService.MaxTextLength] : text
            : null;

    // What is no printable ASCII is written \xHH there already, and so it stays.
    private static byte[] Banner(string? text) =>
        text is null ? [] : Encoding.UTF8.GetBytes(text.Length > MaxBanner ? text[..MaxBanner] : text);

    private Evidence EvidenceOf(TransportProtocol protocol, PortState state) => state switch
    {
        not PortState.Open => Evidence.None,
        _ when protocol == TransportProtocol.Udp || head.IsConnect(protocol) => Evidence.Handshake,
        _ => Evidence.SynAck,
    };

    private void ReadExtraReason(XmlPullReader reader)
    {
        var reason = reader.Reason();
        if (reader.TryProtocol("proto", out var protocol) && reader.Ports("ports") is { } ports)
        {
            _extraCount -= ports.Count;
            Host.Add(protocol, _extraState, reason, ports);
        }
        else if (_extraReason == ReplyReason.UnknownResponse)
        {
            // Of several the first is the most frequent.
            _extraReason = reason;
        }
    }

    private void EndItem()
    {
        if (_port is { State: not PortState.Unknown } port)
        {
            Host.Add(port);
        }

        if (_isInExtra && _extraCount > 0)
        {
            _withoutNumbers.Add((_extraState, _extraCount));
        }

        (_port, _isInExtra) = (null, false);
    }

    // nmap before 7.80 sums ports up without their numbers. With one such state they are those that were scanned and have no other.
    private void FindNumbers()
    {
        var total = 0L;
        PortSet? tcp = null, udp = null;
        if (_withoutNumbers.Count == 1)
        {
            tcp = head.Scanned(TransportProtocol.Tcp).Except(Host.SeenOf(TransportProtocol.Tcp));
            udp = head.Scanned(TransportProtocol.Udp).Except(Host.SeenOf(TransportProtocol.Udp));
            total = tcp.Count + udp.Count;
        }

        if (tcp is not null && udp is not null && total == _withoutNumbers[0].Count)
        {
            Host.Add(TransportProtocol.Tcp, _withoutNumbers[0].State, _extraReason, tcp);
            Host.Add(TransportProtocol.Udp, _withoutNumbers[0].State, _extraReason, udp);
        }
        else
        {
            warn("ports summarised without their numbers are left out");
        }
    }

    private static byte TimeToLive(XmlPullReader reader) => (byte)(reader.Number("reason_ttl", 0, byte.MaxValue) ?? 0);
}
