using System.Diagnostics.CodeAnalysis;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Demultiplexing;

/// <summary>
/// Listeners, found from specific to wildcard: the port before every port; then the address, the family, both families; in each the
/// interface before every interface (the order of Linux' <c>__inet_lookup_listener</c> and <c>compute_score</c>). A lookup takes one probe
/// for each kind of listener that exists, at most twelve, and allocates nothing.
/// </summary>
/// <remarks>One thread at a time.</remarks>
/// <typeparam name="TListener">The listener, or the group of listeners that share a scope.</typeparam>
/// <param name="hash">The key of the hash.</param>
internal sealed class ListenerTable<TListener>(SipHash hash)
{
    private const int Widths = 3;
    private const int Kinds = 2 * Widths * 2;

    private readonly FlowTable<ListenerKey, TListener> _table = new(hash);
    private readonly int[] _counts = new int[Kinds];

    /// <summary>How many.</summary>
    public int Count => _table.Count;

    /// <summary>Adds a listener; refused when its exact scope is taken.</summary>
    public FlowAddition TryAdd(in ListenerScope scope, TListener listener)
    {
        var result = _table.TryAdd(KeyOf(scope), listener);
        _counts[KindOf(scope)] += result == FlowAddition.Added ? 1 : 0;
        return result;
    }

    /// <summary>The listener of exactly this scope.</summary>
    public bool TryGet(in ListenerScope scope, [MaybeNullWhen(false)] out TListener listener) => _table.TryFind(KeyOf(scope), out listener);

    /// <summary>Removes the listener of exactly this scope.</summary>
    public bool TryRemove(in ListenerScope scope, [MaybeNullWhen(false)] out TListener listener)
    {
        var removed = _table.TryRemove(KeyOf(scope), out listener);
        _counts[KindOf(scope)] -= removed ? 1 : 0;
        return removed;
    }

    /// <summary>Finds who hears a packet.</summary>
    /// <param name="local">Where it goes to.</param>
    /// <param name="port">The port it goes to.</param>
    /// <param name="interfaceNumber">Where it came in.</param>
    /// <param name="listener">The most specific listener.</param>
    public bool TryFind(InternetAddress local, PortNumber port, int interfaceNumber, [MaybeNullWhen(false)] out TListener listener)
    {
        for (var kind = 0; kind < Kinds; kind++)
        {
            if (_counts[kind] == 0)
            {
                continue;
            }

            var (everyPort, width, everyInterface) = (kind / (2 * Widths) != 0, kind / 2 % Widths, (kind & 1) != 0);
            var address = width switch
            {
                0 => local,
                1 when local.IsIPv4 => InternetAddress.AnyIPv4,
                _ => InternetAddress.AnyIPv6,
            };
            if (_table.TryFind(
                new ListenerKey(address, width, everyPort ? (ushort)0 : port.Value, everyInterface ? 0 : interfaceNumber), out listener))
            {
                return true;
            }
        }

        listener = default;
        return false;
    }

    private static ListenerKey KeyOf(in ListenerScope scope) =>
        new(scope.Width == 2 ? InternetAddress.AnyIPv6 : scope.Address, scope.Width, scope.Port.Value, scope.Interface);

    private static int KindOf(in ListenerScope scope) =>
        ((((scope.Port.Value == 0 ? 1 : 0) * Widths) + scope.Width) * 2) + (scope.Interface == 0 ? 1 : 0);
}
