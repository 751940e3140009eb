using Portolan.Lab.Running.Listing;
using Portolan.Transport;

namespace Portolan.Lab.Running;

// What netstat would show of all its hosts.
public sealed partial class VirtualNetwork
{
    /// <summary>The sockets of each host that has a stack by now, in the order of the topology. Any thread.</summary>
    internal IReadOnlyList<(string Host, IReadOnlyList<StackSocket> Sockets)> GetHostSockets()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return Invoke(() => (List<(string, IReadOnlyList<StackSocket>)>)[
            .. _hosts.Values.Where(static h => h.IsAwake).Select(static h => (h.Name, h.Stack.GetSockets()))]);
    }

    /// <summary>
    /// The sockets of all hosts and routers, in the order of the topology: see <see cref="LabSocket"/>. The lab goes on meanwhile. Any
    /// thread.
    /// </summary>
    /// <param name="most">How many at most; the rest is counted.</param>
    public LabSocketList GetSockets(int most = LabSocketList.UsualMost)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var list = new LabSocketList(most);

        // All stacks in one turn of the loop: a busy lab is asked once, not once for each host.
        var awake = Invoke(() => Nodes.Where(static n => n.IsAwake).ToDictionary(static n => n, static n => n.Stack.GetSockets()));
        foreach (var host in _hosts.Values.Concat(_alone))
        {
            var listeners = new HostListeners(host);
            listeners.AddTo(list);
            if (awake.TryGetValue(host, out var sockets))
            {
                list.AddSockets(host.Name, sockets, Directory, listeners);
            }
        }

        foreach (var router in _routers.Values)
        {
            if (awake.TryGetValue(router, out var sockets))
            {
                list.AddSockets(router.Name, sockets, Directory, listeners: null);
            }
        }

        return list;
    }
}
