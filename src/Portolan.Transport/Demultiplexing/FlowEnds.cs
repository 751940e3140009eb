using System.Runtime.InteropServices;
using Portolan.Model;

namespace Portolan.Transport.Demultiplexing;

/// <summary>Both ends of a flow, as this host sees them.</summary>
/// <param name="Local">This host's address.</param>
/// <param name="LocalPort">This host's port.</param>
/// <param name="Remote">The peer's address, of the same family.</param>
/// <param name="RemotePort">The peer's port.</param>
/// <param name="Zone">The interface's number; it counts only for link-local addresses.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FlowEnds(
    InternetAddress Local, PortNumber LocalPort, InternetAddress Remote, PortNumber RemotePort, int Zone);
