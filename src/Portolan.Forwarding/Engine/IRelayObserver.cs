using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;

namespace Portolan.Forwarding.Engine;

/// <summary>Is notified of what happens. Called on the workers' threads: it must return at once and never throw.</summary>
public interface IRelayObserver
{
    /// <summary>Whether <see cref="ConnectionEnded"/> is to be called.</summary>
    bool WantsConnections { get; }

    /// <summary>A connection ended, or a flow of datagrams.</summary>
    void ConnectionEnded(in ConnectionReport report);

    /// <summary>A target went down, or came back.</summary>
    void TargetChanged(ForwardSpec forward, TargetPoint target, bool isUp, string why);

    /// <summary>The relay takes no connections for now, or takes them again.</summary>
    void DescriptorsShort(bool isShort, int limit);

    /// <summary>Datagrams of a forward are lost: told of each cause the first time at once, then at most once a minute.</summary>
    /// <param name="forward">The forward.</param>
    /// <param name="cause">Why.</param>
    /// <param name="text">The same in words.</param>
    /// <param name="hint">What helps, or <c>null</c>.</param>
    void DatagramsLost(ForwardSpec forward, EndCause cause, string text, Advice? hint);

    /// <summary>Something does not work for now, in words.</summary>
    void Warned(string text);
}

/// <summary>A connection that is over.</summary>
/// <param name="Forward">Its forward.</param>
/// <param name="Client">The client's address; <c>null</c> for one of a Unix socket.</param>
/// <param name="ClientPort">Its port.</param>
/// <param name="Target">The target it had, or had been tried last.</param>
/// <param name="BytesUp">Bytes from the client.</param>
/// <param name="BytesDown">Bytes from the target.</param>
/// <param name="Duration">How long it lived.</param>
/// <param name="Cause">Why it ended.</param>
public readonly record struct ConnectionReport(
    ForwardSpec Forward,
    InternetAddress? Client,
    PortNumber ClientPort,
    TargetPoint? Target,
    long BytesUp,
    long BytesDown,
    TimeSpan Duration,
    EndCause Cause);
