using System.Collections;
using Portolan.Lab.Services;
using Portolan.Transport;

namespace Portolan.Lab.Running.Listing;

/// <summary>The sockets of a lab, as many as were wanted.</summary>
public sealed class LabSocketList : IReadOnlyList<LabSocket>
{
    /// <summary>How many are listed when nothing is said.</summary>
    public const int UsualMost = 100_000;

    private readonly List<LabSocket> _sockets = [];
    private readonly int _most;

    internal LabSocketList(int most) => _most = most;

    /// <summary>How many more there are.</summary>
    public long LeftOut { get; private set; }

    /// <inheritdoc/>
    public int Count => _sockets.Count;

    /// <inheritdoc/>
    public LabSocket this[int index] => _sockets[index];

    /// <inheritdoc/>
    public IEnumerator<LabSocket> GetEnumerator() => _sockets.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(LabSocket socket)
    {
        if (_sockets.Count < _most)
        {
            _sockets.Add(socket);
        }
        else
        {
            LeftOut++;
        }
    }

    /// <summary>Adds what a stack has besides the listeners that the topology reports.</summary>
    internal void AddSockets(string node, IReadOnlyList<StackSocket> sockets, ILabDirectory directory, HostListeners? listeners)
    {
        foreach (var socket in sockets)
        {
            if (socket.RemoteAddress is null && listeners?.Has(socket.Protocol, socket.LocalPort) == true)
            {
                continue;
            }

            var name = listeners?.IsRange == true && !socket.LocalAddress.IsUnspecified ? directory.NameOf(socket.LocalAddress) : null;
            var count = name is null && listeners is not null ? listeners.HostCount : 1;
            Add(new LabSocket(
                name ?? node, count, socket.Protocol, socket.State, socket.LocalAddress, socket.LocalPort, socket.RemoteAddress,
                socket.RemotePort, Ports: null));
        }
    }
}
