using Portolan.Model;

namespace Portolan.Scan.Identification;

/// <summary>
/// Collects what a host shows, its open ports and the services that are known, and judges whether it looks like a printer, which prints
/// what it does not know.
/// </summary>
/// <remarks>
/// LPD's port decides alone. Raw printing shares its ports with Prometheus' exporters (9100 is the node exporter's) and with Bacula (9101
/// to 9103), so there a service that printers do not have decides against it. The raw ports of print servers are numbered from 9100 on:
/// where 9100 was looked at and is not open, the others are no sign.
/// </remarks>
public struct PrinterSigns
{
    // What printers themselves offer beside printing: web pages, scans to folders and to mail, management, discovery.
    private static readonly HashSet<string> PrinterProtocols =
    [
        "http", "ipp", "ssl", "tcpwrapped", "printer", "hp-pdl-datastr", "jetdirect", "ftp", "telnet", "tftp", "snmp", "smtp", "mdns",
        "ssdp", "ws-discovery", "netbios-ns", "netbios-ssn", "microsoft-ds", "msrpc", "coap", "sip", "ident", "http-proxy", "isakmp",
        "sunrpc", "echo", "chargen", "daytime", "time", "finger",
    ];

    // Services of HTTP that run on servers; a bare web server may stand in a printer.
    private static readonly string[] ServerProducts =
    [
        "Prometheus", "Grafana", "Elasticsearch", "OpenSearch", "Kibana", "Apache CouchDB", "InfluxDB", "ClickHouse", "Jenkins", "GitLab",
        "Docker", "Kubernetes", "HashiCorp", "etcd", "NATS", "HAProxy", "MinIO", "RabbitMQ", "Traefik", "Envoy", "Varnish", "Squid",
    ];

    private static readonly string[] ServerSystems =
        ["Debian", "Ubuntu", "CentOS", "Fedora", "Red Hat", "AlmaLinux", "Rocky", "Alpine", "SUSE", "FreeBSD", "OpenBSD"];

    /// <summary>The first port of raw printing.</summary>
    public static readonly PortNumber FirstRaw = new(9100);

    private ushort _lpd;
    private ushort _raw;
    private bool _lacksFirstRaw;
    private bool _isServer;

    /// <summary>
    /// The open port that makes the host look like a printer; <c>null</c> where it does not.
    /// </summary>
    public readonly PortNumber? Port => _lpd != 0 ? new PortNumber(_lpd) : IsRaw && !_isServer ? new PortNumber(_raw) : null;

    /// <summary>A service that becomes known may still show that the host is a server.</summary>
    public readonly bool MayChange => _lpd == 0 && IsRaw && !_isServer;

    private readonly bool IsRaw => _raw == FirstRaw.Value || (_raw != 0 && !_lacksFirstRaw);

    /// <summary>Adds an open port.</summary>
    public void Add(TransportProtocol protocol, PortNumber port)
    {
        if (protocol != TransportProtocol.Tcp)
        {
            return;
        }

        if (port.Value == 515)
        {
            _lpd = port.Value;
        }
        else if (port.Value >= FirstRaw.Value && port.Value <= 9107 && (_raw == 0 || port.Value < _raw))
        {
            _raw = port.Value;
        }
    }

    /// <summary>Adds a port that was looked at and is not open.</summary>
    public void AddUnopened(TransportProtocol protocol, PortNumber port) =>
        _lacksFirstRaw |= protocol == TransportProtocol.Tcp && port == FirstRaw;

    /// <summary>Adds a service that is known, on any port.</summary>
    public void Add(IdentifiedService? service) => _isServer |= service is not null && IsOfServer(service);

    private static bool IsOfServer(IdentifiedService service) =>
        !PrinterProtocols.Contains(service.Protocol)
        || (service.Product is { } product && ServerProducts.Any(one => product.StartsWith(one, StringComparison.Ordinal)))
        || (service.OperatingSystem is { } system && ServerSystems.Any(one => system.Contains(one, StringComparison.OrdinalIgnoreCase)));
}
