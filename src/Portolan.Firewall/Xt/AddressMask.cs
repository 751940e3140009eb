namespace Portolan.Firewall.Xt;

/// <summary>Matches an address whose bits under the mask are these. The mask need not be a prefix.</summary>
/// <param name="Address">The bits.</param>
/// <param name="Mask">The mask; all zero for any address.</param>
/// <param name="IsInverted">Whether it matches the others.</param>
public readonly record struct AddressMask(InternetAddress Address, InternetAddress Mask, bool IsInverted);
