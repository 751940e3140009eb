namespace Portolan.Firewall.Xt;

/// <summary>Makes a match of its parameters; <c>null</c> when they are too short or not as they should be. Never throws.</summary>
internal delegate XtMatch? DecodeMatch(XtPayload payload);

/// <summary>How one match is decoded.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="FirstRevision">First revision of the layout that is known.</param>
/// <param name="LastRevision">Last one.</param>
/// <param name="Decode">The decoder.</param>
internal sealed record XtMatchKind(string Name, uint FirstRevision, uint LastRevision, DecodeMatch Decode);
