using System.CommandLine;
using Portolan.Cli.Completions;
using Portolan.Cli.Lookup;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Sockets.Binding;

namespace Portolan.Cli.Charting;

/// <summary>Reads a port as people name one: <c>8080</c>, <c>:8080</c>, <c>8080/udp</c>, <c>https</c>, <c>domain/udp</c>.</summary>
internal static class PortArgument
{
    /// <summary>The argument of a command.</summary>
    public static Argument<string> Make() => new("port")
    {
        Description = "a port or service, e.g. 8080, 8080/udp or https",
        HelpName = "PORT[/PROTO]",
        CompletionSources = { DynamicCompletions.ListeningPorts },
    };

    /// <summary>Reads it.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="services">The registry, asked only for names.</param>
    /// <param name="command">The command, for hints.</param>
    /// <exception cref="PortolanException">It names no port, or more than one. Exit code <see cref="ExitCode.Usage"/>.</exception>
    public static NamedPort Parse(string text, Func<ServiceRegistry> services, string command)
    {
        // As in netstat's and ss's columns, and as people copy it from a URL.
        text = text.Length > 1 && text[0] == ':' ? text[1..] : text;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var word = slash < 0 ? text : text[..slash];
        if (word.Length == 0)
        {
            throw Usage($"'{text}' does not name a port", $"write a port or service first, e.g. 8080{(slash < 0 ? "" : text)}");
        }

        TransportProtocol? protocol = null;
        if (slash >= 0)
        {
            if (!TransportProtocolNames.TryParse(text.AsSpan(slash + 1), out var named))
            {
                throw Usage(
                    $"'{text[(slash + 1)..]}' is not a protocol with ports",
                    $"use one of {Advice.List(NamedPort.Every.Select(p => p.Name()))}, e.g. {word}/tcp");
            }

            protocol = named;
        }

        if (PortNumber.TryParse(word, out var port))
        {
            return port.Value == 0 ? throw Zero(command) : new NamedPort(port, protocol);
        }

        if (word.All(c => char.IsAsciiDigit(c)))
        {
            throw Usage(
                $"{word} is not a port: a port is a 16-bit number, 0 to 65535", $"run portolan {command} with a number up to 65535");
        }

        if (word.All(c => char.IsAsciiDigit(c) || c is '-' or ','))
        {
            throw Usage(
                $"'{word}' is more than one port, and {command} takes one",
                $"run portolan list -tulp port {word} to see what is open there");
        }

        return Named(word, protocol, services(), command);
    }

    private static NamedPort Named(string word, TransportProtocol? protocol, ServiceRegistry services, string command)
    {
        var entries = services.FindByName(word, protocol);
        var ports = entries.Select(e => e.Ports).Distinct().ToList();
        switch (ports)
        {
            case []:
                var nearest = EverydayNames.Find(word) ?? NearestWord.Find(word, services.Names());
                throw Usage(
                    $"no service is called "
                        + $"'{word}'{(protocol is { } p ? $" for {p.Name()}" : "")}{(nearest is null ? "" : $"; did you mean {nearest}?")}",
                    $"run portolan port {Advice.Option("--search", word)}, or name the port by number");
            case [{ Count: 1 } only]:
                // A service of one protocol alone is meant with that protocol.
                var protocols = entries.Select(e => e.Protocol).Distinct().ToList();
                return new NamedPort(only.First, protocol ?? (protocols.Count == 1 ? protocols[0] : null));
            default:
                var list =
                    string.Join(", ", entries.Select(e => $"{e.Ports}/{e.Protocol.Name()}").Distinct(StringComparer.Ordinal).Take(6));
                throw Usage($"'{word}' names more than one port: {list}", $"run portolan {command} with one of them");
        }
    }

    private static PortolanException Zero(string command) => Usage(
        "port 0 cannot be in use: in a bind it lets the system choose a port, it is reserved in TCP, and as a UDP source it means no port",
        $"run portolan free for a free port, or portolan {command} with 1 to 65535");

    private static PortolanException Usage(string message, Advice hint) => new(message, hint, ExitCode.Usage);
}
