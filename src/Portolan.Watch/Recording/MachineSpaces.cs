using Portolan.Store;
using Portolan.Store.Tables;

namespace Portolan.Watch.Recording;

/// <summary>The network namespaces of a machine whose charts are stored.</summary>
public static class MachineSpaces
{
    /// <summary>All of them with their hosts of the store; the machine's own namespace has an empty name.</summary>
    /// <param name="store">The store.</param>
    /// <param name="machine">The machine's name.</param>
    public static List<(string Space, HostRecord Host)> Of(HistoryStore store, string machine)
    {
        ArgumentNullException.ThrowIfNull(store);
        var spaces = new List<(string, HostRecord)>();
        foreach (var host in store.Hosts.List(isChart: true))
        {
            var key = HostKeyText.Read(host.Key, out var name);
            if (name == machine)
            {
                spaces.Add((key.Space ?? "", host));
            }
        }

        return spaces;
    }
}
