namespace Portolan.Sockets.Owners;

/// <summary>Reads the command lines of programs that publish ports of containers.</summary>
/// <remarks>
/// docker-proxy says all (one process per port). pasta says all but the container's address, which is the host's own. slirp4netns
/// and rootlessport learn their ports after they start, so their command lines say nothing: see <see cref="EngineProgram"/>.
/// </remarks>
public static class PublishedPorts
{
    /// <summary>What the process says that it publishes; empty for any other program.</summary>
    public static IReadOnlyList<PublishedPort> Parse(IReadOnlyList<string>? commandLine)
    {
        if (commandLine is not { Count: > 1 })
        {
            return [];
        }

        return ProcessName.FileName(commandLine[0]) switch
        {
            "docker-proxy" => ParseDockerProxy(commandLine),
            var name when EngineProgram.IsPasta(name) => ParsePasta(commandLine),
            _ => [],
        };
    }

    // docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 80 [-use-listen-fd]
    private static PublishedPort[] ParseDockerProxy(IReadOnlyList<string> arguments)
    {
        var ok = TransportProtocolNames.TryParse(Value("proto") ?? "tcp", out var protocol)
            & PortNumber.TryParse(Value("host-port"), out var hostPort)
            & PortNumber.TryParse(Value("container-port"), out var containerPort)
            & InternetAddress.TryParse(Value("container-ip"), out var containerAddress);
        InternetAddress? host = InternetAddress.TryParse(Value("host-ip"), out var hostAddress) ? hostAddress : null;
        return ok ? [new PublishedPort("docker", protocol, host, new PortRange(hostPort, hostPort), containerAddress, containerPort)] : [];

        // Go's flag package: one dash or two, the value after a space or '='.
        string? Value(string name)
        {
            for (var i = 1; i < arguments.Count; i++)
            {
                var argument = arguments[i].AsSpan();
                var flag = argument.TrimStart('-');
                if (flag.Length == argument.Length || argument.Length - flag.Length > 2)
                {
                    continue;
                }

                if (flag.SequenceEqual(name))
                {
                    return i + 1 < arguments.Count ? arguments[i + 1] : null;
                }

                if (flag.Length > name.Length && flag.StartsWith(name) && flag[name.Length] == '=')
                {
                    return flag[(name.Length + 1)..].ToString();
                }
            }

            return null;
        }
    }

    // podman's form: pasta --config-net -t 192.0.2.1/8080-8080:80-80 -u none … --netns PATH
    private static List<PublishedPort> ParsePasta(IReadOnlyList<string> arguments)
    {
        var ports = new List<PublishedPort>();
        for (var i = 1; i + 1 < arguments.Count; i++)
        {
            TransportProtocol? protocol = arguments[i] switch
            {
                "-t" or "--tcp-ports" => TransportProtocol.Tcp,
                "-u" or "--udp-ports" => TransportProtocol.Udp,
                _ => null,
            };
            if (protocol is { } known)
            {
                AddPasta(known, arguments[++i], ports);
            }
        }

        return ports;
    }

    // [ADDRESS[%INTERFACE]/]RANGE[:RANGE][,RANGE[:RANGE]…], or a word: none, all, auto (pasta(1)). A range that is left out with ~ is not
    // published.
    private static void AddPasta(TransportProtocol protocol, string specification, List<PublishedPort> ports)
    {
        var slash = specification.LastIndexOf('/');
        InternetAddress? host = null;
        if (slash > 0)
        {
            var text = specification.AsSpan(0, slash);
            var percent = text.IndexOf('%');
            if (InternetAddress.TryParse((percent < 0 ? text : text[..percent]).Trim("[]"), out var address))
            {
                host = address;
            }
            else if (percent != 0)
            {
                return;
            }
        }

        foreach (var part in specification[(slash + 1)..].Split(','))
        {
            var colon = part.IndexOf(':');
            var from = colon < 0 ? part : part[..colon];
            var to = colon < 0 ? part : part[(colon + 1)..];
            if (TryRange(from, out var hostPorts) && TryRange(to, out var containerPorts))
            {
                ports.Add(new PublishedPort("podman", protocol, host, hostPorts, null, containerPorts.First));
            }
        }
    }

    private static bool TryRange(string text, out PortRange range)
    {
        range = default;
        var dash = text.IndexOf('-');
        if (!PortNumber.TryParse(dash < 0 ? text : text.AsSpan(0, dash), out var first)
            || !PortNumber.TryParse(dash < 0 ? text : text.AsSpan(dash + 1), out var last) || last < first)
        {
            return false;
        }

        range = new PortRange(first, last);
        return true;
    }
}

/// <summary>Ports of this host that a process of a container runtime passes on to a container.</summary>
/// <param name="Runtime"><c>docker</c> or <c>podman</c>.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="HostAddress">The address listened on, or <c>null</c> for any.</param>
/// <param name="HostPorts">The ports of this host.</param>
/// <param name="ContainerAddress">The container's address, or <c>null</c> where the command line does not say.</param>
/// <param name="FirstContainerPort">The port in the container that of the first host port; the others follow in order.</param>
public sealed record PublishedPort(
    string Runtime, TransportProtocol Protocol, InternetAddress? HostAddress, PortRange HostPorts, InternetAddress? ContainerAddress,
    PortNumber FirstContainerPort)
{
    /// <summary>The port in the container that of a host port, or <c>null</c> when it is not one of these.</summary>
    public PortNumber? ContainerPort(PortNumber hostPort)
    {
        var port = FirstContainerPort.Value + (hostPort.Value - HostPorts.First.Value);
        return hostPort >= HostPorts.First && hostPort <= HostPorts.Last && port <= ushort.MaxValue ? new PortNumber((ushort)port) : null;
    }
}
