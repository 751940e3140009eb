using Portolan.Model;

namespace Portolan.Transport.Ip;

/// <summary>Between whom a packet is.</summary>
/// <param name="Source">Who sent it.</param>
/// <param name="Destination">To whom.</param>
/// <param name="Interface">Where it comes in.</param>
internal readonly record struct PacketEnds(InternetAddress Source, InternetAddress Destination, int Interface);
