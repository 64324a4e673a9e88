using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Router.Bench.Training;

/// <summary>Copies a method's signature (ECMA-335 II.23.2.1) from its assembly into the profile, with the types named anew.</summary>
internal sealed class SignatureCopy(ProfileWriter profile, CodeFile file, BlobBuilder to)
{
    private const byte Generic = 0x10;

    private MetadataReader From => file.Metadata;

    /// <summary>Copies; false where there is something in it that no method of interest has, such as a pointer to a function.</summary>
    public bool TryCopy(BlobReader signature)
    {
        var header = signature.ReadByte();
        to.WriteByte(header);
        if ((header & Generic) != 0)
            to.WriteCompressedInteger(signature.ReadCompressedInteger());
        var parameters = signature.ReadCompressedInteger();
        to.WriteCompressedInteger(parameters);
        for (var i = 0; i <= parameters; i++)
        {
            if (!TryCopyType(ref signature))
                return false;
        }

        return true;
    }

    private bool TryCopyType(ref BlobReader signature)
    {
        var code = (SignatureTypeCode)signature.ReadCompressedInteger();
        to.WriteByte((byte)code);
        switch (code)
        {
            case (SignatureTypeCode)SignatureTypeKind.Class or (SignatureTypeCode)SignatureTypeKind.ValueType:
                return TryCopyToken(ref signature);
            case SignatureTypeCode.RequiredModifier or SignatureTypeCode.OptionalModifier:
                return TryCopyToken(ref signature) && TryCopyType(ref signature);
            case SignatureTypeCode.Pointer or SignatureTypeCode.ByReference or SignatureTypeCode.SZArray or SignatureTypeCode.Pinned:
                return TryCopyType(ref signature);
            case SignatureTypeCode.GenericTypeParameter or SignatureTypeCode.GenericMethodParameter:
                to.WriteCompressedInteger(signature.ReadCompressedInteger());
                return true;
            case SignatureTypeCode.GenericTypeInstance:
                return TryCopyInstance(ref signature);
            case SignatureTypeCode.Array or SignatureTypeCode.FunctionPointer:
                return false;
            default:
                return true;
        }
    }

    private bool TryCopyInstance(ref BlobReader signature)
    {
        if (!TryCopyType(ref signature))
            return false;
        var arguments = signature.ReadCompressedInteger();
        to.WriteCompressedInteger(arguments);
        for (var i = 0; i < arguments; i++)
        {
            if (!TryCopyType(ref signature))
                return false;
        }

        return true;
    }

    private bool TryCopyToken(ref BlobReader signature)
    {
        if (ReferenceTo(signature.ReadTypeHandle()) is not { } reference)
            return false;
        to.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(reference));
        return true;
    }

    private TypeReferenceHandle? ReferenceTo(EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeDefinition)
            return profile.Reference(new DefinedType(file, (TypeDefinitionHandle)handle));
        if (handle.Kind != HandleKind.TypeReference)
            return null;
        var type = From.GetTypeReference((TypeReferenceHandle)handle);
        var name = From.GetString(type.Name);
        return type.ResolutionScope.Kind switch
        {
            HandleKind.TypeReference => ReferenceTo(type.ResolutionScope) is { } outer ? profile.Reference(outer, "", name) : null,
            HandleKind.AssemblyReference => profile.Reference(
                From.GetString(From.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name),
                From.GetString(type.Namespace),
                name
            ),
            _ => null,
        };
    }
}
