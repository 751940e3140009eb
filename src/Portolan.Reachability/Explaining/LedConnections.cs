namespace Portolan.Reachability.Explaining;

/// <summary>Where a program leads the connections that it takes, and from whom it takes any.</summary>
/// <param name="Listen">Where it takes them, such as <c>*:8080</c>.</param>
/// <param name="Target">The targets, in words.</param>
/// <param name="Allow">The senders that its --allow names; none for everyone.</param>
public sealed record LedConnections(string Listen, string Target, IReadOnlyList<AddressPrefix> Allow);
