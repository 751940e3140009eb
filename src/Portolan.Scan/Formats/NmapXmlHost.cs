using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats;

/// <summary>Writes the <c>host</c> element of nmap's XML.</summary>
internal sealed class NmapXmlHost
{
    private readonly Utf8Writer _output;
    private readonly ScanOutputOptions _options;
    private readonly HiddenPorts _hidden;
    private readonly Action<PortResult> _writePort;

    /// <summary>Makes the writer.</summary>
    public NmapXmlHost(Utf8Writer output, ScanOutputOptions options)
    {
        _output = output;
        _options = options;
        _hidden = new HiddenPorts(options);
        _writePort = WritePort;
    }

    /// <summary>Whether the run looks at ports; hosts have times then.</summary>
    public bool HasPorts { get; set; }

    /// <summary>Writes a host.</summary>
    public void Write(HostReport report)
    {
        var host = report.Host;
        WriteStart(report);
        _output.Write("<status state=\""u8);
        _output.Write(host.Status.Name());
        WriteReason(host.Reason, host.TimeToLive);
        _output.Write("/>\n<address addr=\""u8);
        _output.Write(host.Target.Address);
        _output.Write(host.Target.Address.IsIPv4 ? "\" addrtype=\"ipv4\"/>\n"u8 : "\" addrtype=\"ipv6\"/>\n"u8);
        if (host.HardwareAddress is { } hardware)
        {
            WriteHardwareAddress(hardware);
        }

        if (host.Status == HostStatus.Up || host.Target.Name is not null || report.ReverseName is not null)
        {
            WriteNames(host.Target.Name, report.ReverseName);
        }

        if (report.Groups.Count > 0 && !report.IsTimedOut)
        {
            WritePorts(report);
        }

        if (report.Trace is { } trace)
        {
            WriteTrace(trace, host.Target.Address);
        }

        if (report.Times is { } times)
        {
            WriteTimes(times);
        }

        _output.Write("</host>\n"u8);
    }

    private void WriteStart(HostReport report)
    {
        _output.Write("<host"u8);
        if (HasPorts && report.Host.Status == HostStatus.Up)
        {
            _output.Write(" starttime=\""u8);
            _output.Write(report.StartedAt.ToUnixTimeSeconds());
            _output.Write("\" endtime=\""u8);
            _output.Write(report.EndedAt.ToUnixTimeSeconds());
            _output.Write('"');
        }

        if (report.IsTimedOut)
        {
            _output.Write(" timedout=\"true\""u8);
        }

        // nmap has no word for these; its DTD leaves room for a comment.
        var comments = Comments(report);
        if (comments.Count > 0)
        {
            _output.Write(" comment=\""u8);
            XmlText.Write(_output, string.Join("; ", comments));
            _output.Write('"');
        }

        _output.Write('>');
    }

    private static List<string> Comments(HostReport report)
    {
        var comments = new List<string>();
        if (report.AnswersEverything)
        {
            comments.Add(FormatText.AnswersEverything);
        }

        if (report.StoppedAfter is { } probes)
        {
            comments.Add(FormatText.Stopped(probes));
        }

        if (report.IsPartial)
        {
            comments.Add(FormatText.IsPartial);
        }

        foreach (var filtered in report.Trace?.Filtered ?? [])
        {
            comments.Add(
                $"{filtered.Port.Port}/{filtered.Port.Protocol.Name()}: {TraceText.Sentence(filtered, report.Host.Target.Address)}");
        }

        return comments;
    }

    private void WriteReason(ReplyReason reason, byte timeToLive)
    {
        _output.Write("\" reason=\""u8);
        _output.Write(reason.Name());
        _output.Write("\" reason_ttl=\""u8);
        _output.WriteNumber(timeToLive);
        _output.Write('"');
    }

    private void WriteHardwareAddress(MacAddress address)
    {
        _output.Write("<address addr=\""u8);
        FormatText.WriteHardwareAddress(_output, address);
        _output.Write("\" addrtype=\"mac\""u8);
        WriteAttribute(" vendor=\""u8, _options.VendorOf(address));
        _output.Write("/>\n"u8);
    }

    private void WriteNames(string? given, string? reverse)
    {
        _output.Write("<hostnames>\n"u8);
        WriteName(given, "\" type=\"user\"/>\n"u8);
        WriteName(reverse, "\" type=\"PTR\"/>\n"u8);
        _output.Write("</hostnames>\n"u8);
    }

    private void WriteName(string? name, ReadOnlySpan<byte> end)
    {
        if (name is not null)
        {
            _output.Write("<hostname name=\""u8);
            XmlText.Write(_output, name);
            _output.Write(end);
        }
    }

    private void WritePorts(HostReport report)
    {
        _hidden.Read(report);
        _output.Write("<ports>"u8);
        foreach (var state in _hidden.States)
        {
            _output.Write("<extraports state=\""u8);
            _output.Write(state.Name());
            _output.Write("\" count=\""u8);
            _output.Write(_hidden.CountOf(state));
            _output.Write("\">\n"u8);
            foreach (var group in _hidden.Groups)
            {
                if (group.State == state)
                {
                    WriteExtraReason(group);
                }
            }

            _output.Write("</extraports>\n"u8);
        }

        if (_hidden.ShownCount > 0)
        {
            report.ForEachPort(_writePort);
        }

        _output.Write("</ports>\n"u8);
    }

    private void WriteExtraReason(PortGroup group)
    {
        _output.Write("<extrareasons reason=\""u8);
        _output.Write(group.Reason.Name());
        _output.Write("\" count=\""u8);
        _output.Write(group.Ports.Count);
        _output.Write("\" proto=\""u8);
        _output.Write(group.Protocol.NameUtf8());
        _output.Write("\" ports=\""u8);
        FormatText.WritePorts(_output, group.Ports);
        _output.Write("\"/>\n"u8);
    }

    private void WritePort(PortResult port)
    {
        if (_hidden.IsHidden(port.State))
        {
            return;
        }

        _output.Write("<port protocol=\""u8);
        _output.Write(port.Port.Protocol.NameUtf8());
        _output.Write("\" portid=\""u8);
        _output.WriteNumber(port.Port.Port.Value);
        _output.Write("\"><state state=\""u8);
        _output.Write(port.State.Name());
        WriteReason(port.Reason, port.TimeToLive);
        if (port.ReasonAddress is { } address)
        {
            _output.Write(" reason_ip=\""u8);
            _output.Write(address);
            _output.Write('"');
        }

        _output.Write("/>"u8);
        var service = _options.Services.PrimaryName(port.Port.Port, port.Port.Protocol);
        if (port.Service?.Service is { } identified)
        {
            WriteIdentified(identified);
        }
        else if (!service.IsEmpty)
        {
            _output.Write("<service name=\""u8);
            _output.Write(service);
            _output.Write("\" method=\"table\" conf=\"3\"/>"u8);
        }

        // nmap's DTD: a script's output stands after the service.
        if (BannerText.Of(port.Banner.Span) is { } banner)
        {
            _output.Write("<script id=\"banner\" output=\""u8);
            XmlText.Write(_output, banner);
            _output.Write("\"/>"u8);
        }

        foreach (var fact in port.Facts ?? [])
        {
            WriteFact(fact);
        }

        _output.Write("</port>\n"u8);
    }

    // nmap's DTD: a script has its lines as an attribute, and the same as elements and tables.
    private void WriteFact(Fact fact)
    {
        _output.Write("<script id=\""u8);
        XmlText.Write(_output, fact.Id);
        _output.Write("\" output=\""u8);
        XmlText.Write(_output, fact.Output);
        if (fact.Fields is null or [])
        {
            _output.Write("\"/>"u8);
            return;
        }

        _output.Write("\">"u8);
        WriteFields(fact.Fields);
        _output.Write("</script>"u8);
    }

    private void WriteFields(IReadOnlyList<FactField> fields)
    {
        foreach (var field in fields)
        {
            var isTable = field.Kind == FactKind.Table;
            _output.Write(isTable ? "<table"u8 : "<elem"u8);
            WriteAttribute(" key=\""u8, field.Key);
            _output.Write('>');
            XmlText.Write(_output, field.Text);
            WriteFields(field.Items);
            _output.Write(isTable ? "</table>"u8 : "</elem>"u8);
        }
    }

    // nmap's DTD: name, product, version, extrainfo, ostype, hostname, tunnel, method and conf are attributes, CPE names elements.
    private void WriteIdentified(IdentifiedService service)
    {
        _output.Write("<service"u8);
        WriteAttribute(" name=\""u8, service.Protocol);
        WriteAttribute(" product=\""u8, service.Product);
        WriteAttribute(" version=\""u8, service.Version);
        WriteAttribute(" extrainfo=\""u8, service.Info);
        WriteAttribute(" hostname=\""u8, service.HostName);
        WriteAttribute(" ostype=\""u8, service.OperatingSystem);
        WriteAttribute(" tunnel=\""u8, service.Tunnel);
        _output.Write(" method=\"probed\" conf=\""u8);
        _output.Write(service.Confidence);
        if (service.Cpes.Count == 0)
        {
            _output.Write("\"/>"u8);
            return;
        }

        _output.Write("\">"u8);
        foreach (var cpe in service.Cpes)
        {
            _output.Write("<cpe>"u8);
            XmlText.Write(_output, cpe);
            _output.Write("</cpe>"u8);
        }

        _output.Write("</service>"u8);
    }

    private void WriteAttribute(ReadOnlySpan<byte> start, string? value)
    {
        if (value is not null)
        {
            _output.Write(start);
            XmlText.Write(_output, value);
            _output.Write('"');
        }
    }

    // nmap's DTD: hops with the attributes ttl, rtt, ipaddr and host. A silent hop is left out, as by nmap.
    private void WriteTrace(HostTrace trace, InternetAddress target)
    {
        _output.Write("<trace"u8);
        if (trace.Probe.Protocol is { } protocol)
        {
            _output.Write(" port=\""u8);
            _output.WriteNumber(trace.Probe.Port.Value);
            _output.Write("\" proto=\""u8);
            _output.Write(protocol.NameUtf8());
            _output.Write('"');
        }
        else if (trace.Probe.Method == TraceMethod.Echo)
        {
            _output.Write(target.IsIPv4 ? " proto=\"icmp\""u8 : " proto=\"ipv6-icmp\""u8);
        }

        _output.Write(">\n"u8);
        foreach (var hop in trace.Hops)
        {
            if (hop.Address is not { } address)
            {
                continue;
            }

            _output.Write("<hop ttl=\""u8);
            _output.WriteNumber(hop.TimeToLive);
            _output.Write("\" ipaddr=\""u8);
            _output.Write(address);
            _output.Write("\" rtt=\""u8);
            _output.Write(TraceText.Milliseconds(hop.RoundTrip));
            _output.Write('"');
            WriteAttribute(" host=\""u8, hop.Name);
            _output.Write("/>\n"u8);
        }

        _output.Write("</trace>\n"u8);
    }

    private void WriteTimes(RoundTrip times)
    {
        _output.Write("<times srtt=\""u8);
        _output.Write((long)times.Smoothed.TotalMicroseconds);
        _output.Write("\" rttvar=\""u8);
        _output.Write((long)times.Variation.TotalMicroseconds);
        _output.Write("\" to=\""u8);
        _output.Write((long)times.Timeout.TotalMicroseconds);
        _output.Write("\"/>\n"u8);
    }
}
