using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Portolan.Tests.House;

/// <summary>
/// No <c>List.Sort</c> where the element is a class: sort <c>CollectionsMarshal.AsSpan(list)</c>. In native code the lists of all classes
/// share one body of a method; when that is there at all, each list type of the program has a sorter and a comparer of its own, and the
/// objects that hold their static fields are made at every start: 630 of 4,700.
/// </summary>
public sealed class ListSortRuleTests
{
    private const byte GenericInstance = 0x15;

    public static TheoryData<string> Layers =>
        ["Portolan.Model", "Portolan.Packets", "Portolan.Transport", "Portolan.Linux", "Portolan.Sockets", "Portolan.Firewall",
            "Portolan.Reachability", "Portolan.Scan", "Portolan.Watch", "Portolan.Forwarding", "portolan"];

    [Theory]
    [MemberData(nameof(Layers))]
    public void No_list_of_a_class_is_sorted_by_its_own_method(string layer)
    {
        using var file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, $"{layer}.dll")));
        var metadata = file.GetMetadataReader();
        var sorted = metadata.MemberReferences.Select(metadata.GetMemberReference)
            .Where(member => metadata.StringComparer.Equals(member.Name, "Sort") && member.Parent.Kind == HandleKind.TypeSpecification)
            .Select(member => ElementOf(metadata, metadata.GetTypeSpecification((TypeSpecificationHandle)member.Parent)));
        Assert.All(
            sorted,
            element =>
                Assert.False(
                    element is SignatureTypeCode.String or SignatureTypeCode.Object or SignatureTypeCode.SZArray,
                    $"{layer} sorts a List of {element}"));
        Assert.All(
            sorted, element => Assert.True(element != (SignatureTypeCode)SignatureTypeKind.Class, $"{layer} sorts a List of a class"));
    }

    /// <summary>What a List is of (ECMA-335, II.23.2.14); <see cref="SignatureTypeCode.Invalid"/> for other types.</summary>
    private static SignatureTypeCode ElementOf(MetadataReader metadata, TypeSpecification type)
    {
        var signature = metadata.GetBlobReader(type.Signature);
        if (signature.ReadByte() != GenericInstance || signature.ReadByte() != (byte)SignatureTypeKind.Class
            || signature.ReadTypeHandle() is not { Kind: HandleKind.TypeReference } name
            || !metadata.StringComparer.Equals(metadata.GetTypeReference((TypeReferenceHandle)name).Name, "List`1"))
        {
            return SignatureTypeCode.Invalid;
        }

        _ = signature.ReadCompressedInteger();
        return (SignatureTypeCode)signature.ReadByte();
    }
}
