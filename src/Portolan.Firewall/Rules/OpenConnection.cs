namespace Portolan.Firewall.Rules;

/// <summary>A connection that connection tracking shows and that has not ended, as its first packet was.</summary>
/// <param name="Protocol">IP protocol number.</param>
/// <param name="Source">Who began it.</param>
/// <param name="DestinationPort">The port that was addressed, before translation.</param>
public sealed record OpenConnection(byte Protocol, InternetAddress Source, ushort DestinationPort);
