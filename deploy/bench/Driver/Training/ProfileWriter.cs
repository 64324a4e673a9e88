using System.IO.Compression;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Router.Bench.Training;

/// <summary>
/// Writes a profile as the ahead-of-time compiler reads it (<c>--mibc</c>): an assembly whose one method names each profiled method by a
/// token and has its counters as constants behind it. It is never run.
/// </summary>
internal sealed class ProfileWriter(CodeIndex code)
{
    // ECMA-335 II.23.1.16 and II.23.2.
    private const byte ValueType = 0x11;
    private const byte ReferenceType = 0x12;
    private const byte GenericInstance = 0x15;
    private const byte Vector = 0x1d;
    private const byte MethodInstance = 0x0a;

    // All four members of a probe are written.
    private const int WholeProbe = 0xf;
    private const int UnknownType = 1;
    private const string Canonical = "System.__Canon";

    private static readonly DateTimeOffset Epoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly MetadataBuilder _metadata = new();
    private readonly InstructionEncoder _instructions = new(new BlobBuilder());
    private readonly Dictionary<string, AssemblyReferenceHandle> _assemblies = [];
    private readonly Dictionary<(EntityHandle Scope, string Namespace, string Name), TypeReferenceHandle> _references = [];

    /// <summary>Adds a method; false where it or its type can't be named.</summary>
    public bool TryAdd(ProfiledMethod method)
    {
        if (
            code.Find(method) is not { } found
            || TokenOf(found.Name) is not { } owner
            || ReferenceTo(found.Type.File, found.Method, owner) is not { } reference
        )
            return false;
        _instructions.OpCode(ILOpCode.Ldtoken);
        _instructions.Token(reference);
        Text("InstrumentationDataStart");
        for (var i = 0; i < method.Probes.Count; i++)
        {
            var probe = method.Probes[i];
            // Which method a delegate led to can't be told from its name.
            if (probe.IsMethod || (probe.CountsTheNext && i + 1 < method.Probes.Count && method.Probes[i + 1].IsMethod))
                continue;
            foreach (var member in (int[])[WholeProbe, probe.Offset, probe.Kind, probe.Data.Count == 0 ? 1 : probe.Data.Count, probe.Other])
                Number(member);
            if (probe.IsType)
                Types(probe.Data);
            else
                Numbers(probe.Numbers);
        }

        Text("InstrumentationDataEnd");
        _instructions.OpCode(ILOpCode.Pop);
        return true;
    }

    /// <summary>Writes the file, compressed. The same methods make the same bytes.</summary>
    public void Save(string path)
    {
        var name = Path.GetFileName(path);
        var bodies = new BlobBuilder();
        var encoder = new MethodBodyStreamEncoder(bodies);
        _metadata.AddModule(0, _metadata.GetOrAddString(name), _metadata.GetOrAddGuid(Guid.Empty), default, default);
        _metadata.AddAssembly(_metadata.GetOrAddString(name), new Version(1, 0, 0, 0), default, default, default, default);
        _metadata.AddTypeDefinition(
            default,
            default,
            _metadata.GetOrAddString("<Module>"),
            default,
            MetadataTokens.FieldDefinitionHandle(1),
            MetadataTokens.MethodDefinitionHandle(1)
        );
        var methods = Global("Methods", _instructions);
        var groups = new InstructionEncoder(new BlobBuilder());
        groups.LoadString(_metadata.GetOrAddUserString("router;"));
        groups.OpCode(ILOpCode.Ldtoken);
        groups.Token(methods);
        groups.OpCode(ILOpCode.Pop);
        Global("AssemblyDictionary", groups);

        var image = new BlobBuilder();
        new ManagedPEBuilder(
            new PEHeaderBuilder(imageCharacteristics: Characteristics.Dll),
            new MetadataRootBuilder(_metadata),
            bodies,
            deterministicIdProvider: _ => new BlobContentId(Guid.Empty, 1)
        ).Serialize(image);
        File.Delete(path);
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        var entry = archive.CreateEntry($"{name}.dll", CompressionLevel.SmallestSize);
        entry.LastWriteTime = Epoch;
        using var stream = entry.Open();
        image.WriteContentTo(stream);

        MethodDefinitionHandle Global(string method, InstructionEncoder instructions)
        {
            var signature = new BlobBuilder();
            new BlobEncoder(signature).MethodSignature().Parameters(0, returned => returned.Void(), _ => { });
            return _metadata.AddMethodDefinition(
                MethodAttributes.Public | MethodAttributes.Static,
                MethodImplAttributes.IL,
                _metadata.GetOrAddString(method),
                _metadata.GetOrAddBlob(signature),
                encoder.AddMethodBody(instructions, maxStack: 8),
                default
            );
        }
    }

    /// <summary>A reference to a type of an assembly.</summary>
    public TypeReferenceHandle Reference(string assembly, string @namespace, string name)
    {
        if (!_assemblies.TryGetValue(assembly, out var scope))
            _assemblies[assembly] = scope = _metadata.AddAssemblyReference(
                _metadata.GetOrAddString(assembly),
                new Version(0, 0, 0, 0),
                default,
                default,
                default,
                default
            );
        return Reference(scope, @namespace, name);
    }

    /// <summary>A reference to a type within an assembly or another type.</summary>
    public TypeReferenceHandle Reference(EntityHandle scope, string @namespace, string name)
    {
        if (!_references.TryGetValue((scope, @namespace, name), out var reference))
            _references[(scope, @namespace, name)] = reference = _metadata.AddTypeReference(
                scope,
                _metadata.GetOrAddString(@namespace),
                _metadata.GetOrAddString(name)
            );
        return reference;
    }

    /// <summary>A reference to a type that is defined somewhere.</summary>
    public TypeReferenceHandle Reference(DefinedType type) =>
        type.Outer is { } outer ? Reference(Reference(outer), "", type.Name) : Reference(type.File.Name, type.Namespace, type.Name);

    private EntityHandle? ReferenceTo(CodeFile file, MethodDefinitionHandle handle, EntityHandle owner)
    {
        var method = file.Metadata.GetMethodDefinition(handle);
        var signature = new BlobBuilder();
        if (!new SignatureCopy(this, file, signature).TryCopy(file.Metadata.GetBlobReader(method.Signature)))
            return null;
        var reference = _metadata.AddMemberReference(
            owner,
            _metadata.GetOrAddString(file.Metadata.GetString(method.Name)),
            _metadata.GetOrAddBlob(signature)
        );
        if (method.GetGenericParameters() is not { Count: > 0 and var count })
            return reference;
        // The runtime does not tell its arguments: what reference types share is what pays.
        var arguments = new BlobBuilder();
        arguments.WriteByte(MethodInstance);
        arguments.WriteCompressedInteger(count);
        for (var i = 0; i < count; i++)
            WriteCanonical(arguments);
        return _metadata.AddMethodSpecification(reference, _metadata.GetOrAddBlob(arguments));
    }

    private EntityHandle? TokenOf(TypeName name)
    {
        if (!name.IsConstructedGenericType && !name.IsArray)
            return code.Find(name.FullName) is { } type ? Reference(type) : null;
        var encoded = new BlobBuilder();
        return TryWrite(name, encoded) ? _metadata.AddTypeSpecification(_metadata.GetOrAddBlob(encoded)) : null;
    }

    private bool TryWrite(TypeName name, BlobBuilder target)
    {
        if (name.IsSZArray)
        {
            target.WriteByte(Vector);
            return TryWrite(name.GetElementType(), target);
        }

        if (name.IsConstructedGenericType)
        {
            target.WriteByte(GenericInstance);
            if (!TryWrite(name.GetGenericTypeDefinition(), target))
                return false;
            target.WriteCompressedInteger(name.GetGenericArguments().Length);
            return name.GetGenericArguments().All(argument => TryWrite(argument, target));
        }

        if (name.FullName == Canonical)
        {
            WriteCanonical(target);
            return true;
        }

        if (name.IsArray || name.IsPointer || name.IsByRef || code.Find(name.FullName) is not { } type)
            return false;
        target.WriteByte(type.IsValue ? ValueType : ReferenceType);
        target.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(Reference(type)));
        return true;
    }

    // The compiler's own name for whatever reference type stands there.
    private void WriteCanonical(BlobBuilder target)
    {
        target.WriteByte(ReferenceType);
        target.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(Reference("System.Private.Canon", "System", "__Canon")));
    }

    private void Types(IEnumerable<string> data)
    {
        const string Prefix = "TypeHandle: ";
        foreach (var text in data)
        {
            if (!text.StartsWith(Prefix, StringComparison.Ordinal) || text is Prefix + "NULL")
            {
                Number(0);
            }
            else if (TypeName.TryParse(text.AsSpan(Prefix.Length), out var name) && TokenOf(name) is { } token)
            {
                _instructions.OpCode(ILOpCode.Ldtoken);
                _instructions.Token(token);
            }
            else
            {
                Number(UnknownType);
            }
        }
    }

    private void Numbers(IEnumerable<long> numbers)
    {
        foreach (var number in numbers)
            Number(number);
    }

    private void Number(long number)
    {
        if (number is >= int.MinValue and <= int.MaxValue)
            _instructions.LoadConstantI4((int)number);
        else
            _instructions.LoadConstantI8(number);
    }

    private void Text(string text) => _instructions.LoadString(_metadata.GetOrAddUserString(text));
}
