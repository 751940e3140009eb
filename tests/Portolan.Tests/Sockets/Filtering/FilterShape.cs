using Portolan.Sockets.Filtering.Syntax;

namespace Portolan.Tests.Sockets.Filtering;

/// <summary>Writes a filter's tree with every detail, apart from the printer that is tested.</summary>
internal static class FilterShape
{
    public static string Of(FilterNode node) => node switch
    {
        AndNode and => $"(and {string.Join(' ', and.Operands.Select(Of))})",
        OrNode or => $"(or {string.Join(' ', or.Operands.Select(Of))})",
        NotNode not => $"(not {Of(not.Operand)})",
        StateNode state => $"(state {state.States:x})",
        ProtocolNode protocol => $"(protocol {(int)protocol.Protocols:x})",
        FamilyNode family => $"(family {(int)family.Families:x})",
        AutoboundNode => "(autobound)",
        PortNode port => $"(port {port.End} {port.Comparison} {string.Join(' ', port.Terms.Select(t => Of(t)))})",
        HostNode host => $"(host {host.End} {string.Join(' ', host.Terms.Select(Of))})",
        NumberNode number => $"(number {number.Field.Name} {number.Comparison} {string.Join(' ', number.Ranges)})",
        UserNode user =>
            $"(user {user.Comparison} {string.Join(' ', user.Terms.Select(t => t.Name is { } name ? $"[{name.Text}]" : $"{t.Ids}"))})",
        PatternNode pattern => $"(pattern {pattern.Field.Name} {string.Join(' ', pattern.Patterns.Select(t => $"[{t}]"))})",
        ServiceNode service => $"(service {string.Join(' ', service.Names.Select(n => $"[{n.Text}]"))})",
        InterfaceNode device => $"(dev {string.Join(' ', device.Interfaces.Select(n => $"[{n.Text}]"))})",
        _ => throw new InvalidOperationException(node.GetType().Name),
    };

    private static string Of(PortTerm? term) =>
        term is not { } port ? "any" : port.Service is { } name ? $"[{name.Text}]" : $"{port.Ports.First.Value}..{port.Ports.Last.Value}";

    private static string Of(HostTerm term) =>
        $"{{{term.Family} {term.Network} {term.PrefixLength} {Of(term.Port)} [{term.UnixPath ?? "none"}]}}";
}
