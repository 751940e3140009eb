using Portolan.Packets;

namespace Portolan.Transport.Demultiplexing;

/// <summary>A key of a <see cref="FlowTable{TKey, TValue}"/>.</summary>
/// <typeparam name="TSelf">The key itself.</typeparam>
internal interface IFlowKey<TSelf> : IEquatable<TSelf>
    where TSelf : struct, IFlowKey<TSelf>
{
    /// <summary>The keyed hash of all its bits. Without the key nobody can make keys that collide.</summary>
    ulong Hash(in SipHash hash);
}
