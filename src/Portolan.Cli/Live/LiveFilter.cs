using Portolan.Cli.Charting;
using Portolan.Model;
using Portolan.Sockets.Filtering;

namespace Portolan.Cli.Live;

/// <summary>
/// The filter of the live screen: words of the chart (<c>nginx</c>, <c>8000-8100</c>), or from a field on the language of <c>list</c>
/// (<c>state established and src 10.0.0.0/8</c>), which matches a port whose listener or one of whose connections matches.
/// </summary>
internal sealed class LiveFilter
{
    private readonly ChartFilter _words;
    private readonly SocketFilter? _sockets;
    private readonly HashSet<(ulong Namespace, TransportProtocol Protocol, ushort Port)> _ever = [];
    private HashSet<(ulong Namespace, TransportProtocol Protocol, ushort Port)> _now = [];

    private LiveFilter(string text, ChartFilter words, SocketFilter? sockets) => (Text, _words, _sockets) = (text, words, sockets);

    /// <summary>The filter as it was typed. Hostile text.</summary>
    public string Text { get; }

    /// <summary>Reads a filter.</summary>
    /// <param name="text">The words.</param>
    /// <param name="userName">The name of a user id, or <c>null</c>.</param>
    /// <param name="names">What names mean in the language of <c>list</c>.</param>
    /// <exception cref="PortolanException">It is wrong.</exception>
    public static LiveFilter Of(string text, Func<uint, string?> userName, Func<FilterNames> names)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var isExpression = words is [var first, ..]
            && (FilterFields.Find(first) is not null || first is "not" || first[0] is '(' or '!');
        return isExpression
            ? new LiveFilter(text, new ChartFilter([], userName), SocketFilter.Parse(words, names()))
            : new LiveFilter(text, ChartFilter.Of(words, userName), null);
    }

    /// <summary>Asks it about the sockets of a look.</summary>
    public void Take(LiveLook look)
    {
        if (_sockets is not { } filter)
        {
            return;
        }

        var snapshot = look.Facts.Snapshot;
        var context = new FilterContext
        {
            Snapshot = snapshot,
            Owners = look.Facts.Owners,
            Process = pid => look.Facts.Processes.GetValueOrDefault(pid),
            InterfaceName = snapshot.Interfaces.Find,
        };
        _now = [];
        for (var i = 0; i < snapshot.Sockets.Count; i++)
        {
            ref readonly var entry = ref snapshot.Sockets[i];
            if (entry.Protocol.Transport() is { } protocol && filter.Judge(entry, context) == FilterResult.Yes)
            {
                _now.Add((snapshot.Namespaces[entry.NamespaceIndex].Inode, protocol, entry.LocalPort));
            }
        }

        _ever.UnionWith(_now);
    }

    /// <summary>Whether a row is shown. One that is gone is, if it was.</summary>
    public bool Matches(LiveRow row) => _sockets is null ? _words.Matches(row.Row)
        : (row.Mark == LiveMark.Gone ? _ever : _now).Contains((row.Key.Namespace, row.Key.Protocol, row.Key.Port));
}
