namespace Portolan.Firewall.Rules;

/// <summary>A connection that connection tracking shows and that has not ended, as its first packet was.</summary>
/// <param name="Protocol">IP protocol number.</param>
/// <param name="Source">Who began it.</param>
/// <param name="DestinationPort">The port that was addressed, before translation.</param>
/// <param name="AnsweringPort">The port that answers, which a translated connection was sent on to.</param>
public sealed record OpenConnection(byte Protocol, InternetAddress Source, ushort DestinationPort, ushort AnsweringPort);
