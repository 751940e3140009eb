using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Charting;

/// <summary>Reads the words of <c>who</c> and <c>stop</c>: ports, ranges, addresses with ports, names.</summary>
internal sealed class WhoTargets(CommandContext context, string command, CancellationToken cancellationToken)
{
    /// <summary>More ports of one question are left out.</summary>
    private const int Most = 256;

    private IReadOnlyList<ChartRow>? _rows;
    private SocketSnapshot? _sockets;

    /// <summary>What the words mean, each port once; none where nothing that is held matches.</summary>
    /// <param name="words">The words.</param>
    /// <param name="pid">The process of <c>--pid</c>, or <c>null</c>.</param>
    /// <exception cref="PortolanException">A word names no port.</exception>
    public IReadOnlyList<PortTarget> Find(IReadOnlyList<string> words, int? pid)
    {
        var found = new List<PortTarget>();
        foreach (var word in words)
        {
            found.AddRange(Of(word));
        }

        if (pid is { } process)
        {
            found.AddRange(Held(PortWord.Parse($"pid:{process}")));
        }

        return [.. found.DistinctBy(static t => (t.Port, t.Address)).Take(Most)];
    }

    private IEnumerable<PortTarget> Of(string word)
    {
        var bare = word.StartsWith(':') ? word[1..] : word;
        var number = bare.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash ? bare[..slash] : bare;
        var isNumbers = number.Length > 0 && number.All(static c => char.IsAsciiDigit(c) || c is '-' or ',');
        if (number.Length == 0 || number.All(char.IsAsciiDigit) || (!isNumbers && number.Length < bare.Length))
        {
            return [Single(word)];
        }

        var chosen = PortWord.Parse(word);
        if (isNumbers || chosen.Name is null)
        {
            // An address with one port is a question about that port, held or not.
            return chosen is { Address: { } address, Ports: { Count: 1 } one }
                ? [new PortTarget(new NamedPort(one.First(), chosen.Protocol), address, IsFound: false)]
                : Held(chosen);
        }

        if (chosen.Field is not null)
        {
            return Held(chosen);
        }

        // The registry's name of a port, and what runs under that name on others.
        var isRegistered = context.Machine.Services.FindByName(bare, null).Any();
        var held = Held(chosen, onlyRunning: isRegistered).ToList();
        return isRegistered ? held.Where(t => t.Port.Port != Single(word).Port.Port).Prepend(Single(word))
            : held.Count > 0 ? held
            : [Single(word)];
    }

    private PortTarget Single(string word) =>
        new(PortArgument.Parse(word, () => context.Machine.Services, command), Address: null, IsFound: false);

    private IEnumerable<PortTarget> Held(PortWord word, bool onlyRunning = false)
    {
        var held = (_rows ??= Rows())
            .Where(row => (!onlyRunning || row.Running is not null) && word.Matches(row, context.Machine.Users.Name))
            .Select(static row => (row.Port, row.Protocol));
        if (word is { Name: null, Ports: { } ports })
        {
            // Sockets that are bound and idle and local ports of connections hold a port too.
            _sockets ??= context.Machine.Survey().ForFreePorts(NamedPort.Every, cancellationToken);
            held = held.Concat(PortHolders.Held(_sockets, ports, word.Address)
                    .Where(h => word.Protocol is not { } one || h.Protocol == one))
                .Distinct().OrderBy(static h => h.Port.Value).ThenBy(static h => h.Protocol);
        }

        return held.Select(h => new PortTarget(new NamedPort(h.Port, h.Protocol), word.Address, IsFound: true));
    }

    private IReadOnlyList<ChartRow> Rows()
    {
        var facts = context.Machine.Survey().ForChart(
            allNamespaces: false, ProcessFields.Document | ProcessFields.Paths, cancellationToken);
        return [.. PortChart.Build(facts, everything: true).Rows.OrderBy(static r => r.Port.Value).ThenBy(static r => r.Protocol)];
    }
}
