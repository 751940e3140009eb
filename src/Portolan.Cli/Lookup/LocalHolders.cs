using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Lookup;

/// <summary>
/// Who holds a port on this host, in a line for each holder: what a person wants to know before what it is registered for.
/// </summary>
internal static class LocalHolders
{
    /// <summary>The lines, safe for a terminal; none where the sockets cannot be read.</summary>
    /// <param name="port">The port.</param>
    /// <param name="protocols">The protocols asked about; empty for all.</param>
    /// <param name="context">The machine.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public static IReadOnlyList<string> Lines(
        PortNumber port, IReadOnlyList<TransportProtocol> protocols, CommandContext context, CancellationToken cancellationToken)
    {
        if (port.Value == 0)
        {
            return [];
        }

        try
        {
            var lines = Find(port, protocols.Count > 0 ? protocols : NamedPort.Every, context, cancellationToken);
            return lines.Count == 0 ? ["not in use on this host"] : lines;
        }
        catch (LinuxException)
        {
            return [];
        }
    }

    /// <summary>A line for each holder, safe for a terminal; none where no process holds the port.</summary>
    /// <exception cref="LinuxException">The sockets cannot be read.</exception>
    public static IReadOnlyList<string> Find(
        PortNumber port, IReadOnlyList<TransportProtocol> protocols, CommandContext context, CancellationToken cancellationToken)
    {
        var facts = context.Machine.Survey().ForPortAndAround(port, protocols, cancellationToken).Facts;
        return [.. PortHolders.Find(facts, port, protocols).Select(h => Line(h, port, facts, context))];
    }

    private static string Line(PortHolder holder, PortNumber port, MachineFacts facts, CommandContext context)
    {
        var owner = holder.Owner.Kind switch
        {
            OwnerKind.Hidden => "a hidden process",
            OwnerKind.None => "no visible process",
            OwnerKind.Kernel => "the kernel",
            _ => new OwnerName(context.Machine.Users.Name).Of(holder.Owner),
        };
        var what = holder.Kind switch
        {
            HoldKind.Listening => "is held here by",
            HoldKind.Bound => "is bound and idle here, held by",
            _ => "is the local port of connections of",
        };
        var running = holder.Serves(facts) is { } service ? $" ({TerminalText.Escape(service.Shown)})" : "";
        return $"{port}/{holder.Protocol.Name()} {what} {owner}{running}";
    }
}
