using Portolan.Model;

namespace Portolan.Scan.Targets;

/// <summary>A host to scan.</summary>
/// <param name="Address">Its address.</param>
/// <param name="ScopeId">The interface of a link-local IPv6 address, or 0.</param>
/// <param name="Name">The name the person gave, kept for output and SNI; <c>null</c> for an address.</param>
public readonly record struct Target(InternetAddress Address, uint ScopeId, string? Name);
