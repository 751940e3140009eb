using Portolan.Lab.Running.Listing;

namespace Portolan.Lab.Running;

// What netstat would show of all its hosts.
public sealed partial class VirtualNetwork
{
    /// <summary>The sockets of all hosts and routers, in the order of the topology: see <see cref="LabSocket"/>. The lab goes on meanwhile. Any thread.</summary>
    /// <param name="most">How many at most; the rest is counted.</param>
    public LabSocketList GetSockets(int most = LabSocketList.UsualMost)
    {
        var list = new LabSocketList(most);
        foreach (var host in _hosts.Values)
        {
            var listeners = new HostListeners(host);
            listeners.AddTo(list);
            if (host.IsAwake)
            {
                list.AddSockets(host, Directory, listeners);
            }
        }

        foreach (var router in _routers.Values.Where(static r => r.IsAwake))
        {
            list.AddSockets(router, Directory, listeners: null);
        }

        return list;
    }
}
