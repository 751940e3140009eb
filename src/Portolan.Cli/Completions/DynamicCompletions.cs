using System.CommandLine.Completions;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Sockets;
using Portolan.Sockets.Filtering;

namespace Portolan.Cli.Completions;

/// <summary>
/// Values that only the running program knows. A command adds one of these to the <c>CompletionSources</c> of an option or
/// argument; the shell's script then asks the program, while all other words are in the script itself.
/// </summary>
public static class DynamicCompletions
{
    private const int MostServices = 200;

    /// <summary>The words of <c>list</c>'s filter: fields, a field's values, and the words between them.</summary>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> FilterWords { get; } = static _ => [];

    /// <summary>Service names of the IANA registry.</summary>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> ServiceNames { get; } = static _ => [];

    /// <summary>Ports that a program listens on, as <c>443/tcp</c>.</summary>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> ListeningPorts { get; } = static _ => [];

    /// <summary>Commands: those that stand first, and behind a group its own.</summary>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> CommandNames { get; } = static _ => [];

    /// <summary>Whether any of the sources is one of these.</summary>
    public static bool IsDynamic(IEnumerable<Func<CompletionContext, IEnumerable<CompletionItem>>> sources) =>
        sources.Any(s => s == FilterWords || s == ServiceNames || s == ListeningPorts || s == CommandNames);

    /// <summary>The words of a source that start with <paramref name="prefix"/>.</summary>
    internal static IEnumerable<Suggestion> Suggest(
        Func<CompletionContext, IEnumerable<CompletionItem>> source,
        IReadOnlyList<string> before,
        string prefix,
        CommandContext context,
        CancellationToken cancellationToken)
    {
        var words = source == FilterWords ? FilterSuggestions(before)
            : source == ServiceNames ? Services(prefix, context.Machine.Services)
            : source == ListeningPorts ? Listeners(context, cancellationToken)
            : source == CommandNames ? Commands(before)
            : source(CompletionContext.Empty).Select(i => new Suggestion(i.Label, i.Detail ?? ""));
        return words.Where(w => w.Word.StartsWith(prefix, StringComparison.Ordinal));
    }

    // Behind `help`, all words together are the path of a command.
    private static IEnumerable<Suggestion> Commands(IReadOnlyList<string> before)
    {
        var path = string.Join(' ', before.Skip(GlobalOptions.SkipLeading(before, 0) + 1).Where(w => !w.StartsWith('-')));
        return CommandTree.NamesIn(path).Select(
            n => new Suggestion(n, CommandTree.Create(path.Length == 0 ? n : $"{path} {n}")?.Description ?? ""));
    }

    private static IEnumerable<Suggestion> FilterSuggestions(IReadOnlyList<string> before)
    {
        var last = before.Count > 0 ? before[^1].TrimStart('(') : "";
        var field = FilterFields.Find(last);
        if (field is null && before.Count > 1 && last is "=" or "==" or "!=" or "eq" or "ne" or "neq")
        {
            field = FilterFields.Find(before[^2].TrimStart('('));
        }

        if (field is { IsFlag: false })
        {
            return field.Values().Select(v => new Suggestion(v, field.Name));
        }

        return FilterFields.All.Select(f => new Suggestion(f.Name, f.Description))
            .Concat([new("not", "the opposite of what follows"), new("and", "both"), new("or", "either")]);
    }

    // Without a first letter the services of the lowest ports are offered.
    private static IEnumerable<Suggestion> Services(string prefix, ServiceRegistry services) =>
        (prefix.Length == 0 ? services.Entries() : services.FindByPrefix(prefix))
        .SelectMany(e => e.Names)
        .Where(n => n.Name.StartsWith(prefix, StringComparison.Ordinal))
        .DistinctBy(n => n.Name, StringComparer.Ordinal)
        .Take(MostServices)
        .Select(n => new Suggestion(n.Name, n.Description ?? ""));

    private static IEnumerable<Suggestion> Listeners(CommandContext context, CancellationToken cancellationToken)
    {
        var query = new SocketQuery { States = (1u << (int)SocketState.Listen) | (1u << (int)SocketState.Unconnected) };
        var sockets = context.Machine.Sockets.Read(query, cancellationToken).Sockets;
        var seen = new SortedDictionary<(ushort Port, string Protocol), string>();
        for (var i = 0; i < sockets.Count; i++)
        {
            var protocol = sockets[i].Protocol == SocketProtocol.Tcp ? TransportProtocol.Tcp : TransportProtocol.Udp;
            var port = sockets[i].LocalPort;
            seen.TryAdd(
                (port, protocol == TransportProtocol.Tcp ? "tcp" : "udp"),
                context.Machine.Services.PrimaryNameText(new PortNumber(port), protocol) ?? "");
        }

        return seen.Select(p => new Suggestion($"{p.Key.Port}/{p.Key.Protocol}", p.Value));
    }
}

/// <summary>A word a shell may offer, and what it means.</summary>
internal sealed record Suggestion(string Word, string Meaning);
